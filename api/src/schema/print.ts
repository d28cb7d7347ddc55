// `npm run schema` writes schema.graphql at the root, `npm run schema:check` fails when it is not current.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { schemaOfInstances } from './index.ts';

const path = fileURLToPath(new URL('../../../schema.graphql', import.meta.url));
const printed = `${printSchema(lexicographicSortSchema(schemaOfInstances()))}\n`;

if (process.argv.includes('--write')) {
  writeFileSync(path, printed);
} else if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== printed) {
    console.error(
      'schema.graphql is not what api/src/schema says. Run npm run schema and commit the result.',
    );
    process.exitCode = 1;
  }
} else {
  process.stdout.write(printed);
}
