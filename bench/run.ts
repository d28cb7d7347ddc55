import { cpus, totalmem } from 'node:os';
import { Command, Option } from 'commander';
import { measureAudit } from './audit.ts';
import { measureCloud } from './cloud.ts';
import { type Figure, tableOf } from './figures.ts';
import { measureFloods } from './floods.ts';
import { measureRequests } from './requests.ts';
import { measureRevocations } from './revocations.ts';
import { measureSecrets } from './secrets.ts';
import { measureStarts } from './starts.ts';

// `npm run bench`: figures against a named floor within one run where there is one, because machines are noisy and differ.

const measurements: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  requests: measureRequests,
  starts: measureStarts,
  floods: measureFloods,
  audit: measureAudit,
  cloud: measureCloud,
  revocations: measureRevocations,
  secrets: measureSecrets,
};

const { only } = new Command('npm run bench --')
  .description('Measure the instance and the cloud.')
  .allowExcessArguments(false)
  .showHelpAfterError()
  .addOption(new Option('--only <part>', 'measure just this').choices(Object.keys(measurements)))
  .parse()
  .opts<{ only?: string }>();

console.log(
  `${cpus()[0]?.model} × ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
);
const figures: Figure[] = [];
for (const [part, measure] of Object.entries(measurements)) {
  if (only === undefined || only === part) figures.push(...(await measure()));
}
console.table(tableOf(figures));
