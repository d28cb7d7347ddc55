import { join } from 'node:path';
import { defaultWebApp } from '../../api/src/config.ts';
import { createInstance } from '../../api/src/instance.ts';
import { reportTo } from './report.ts';

const [root, cloud] = process.argv.slice(2) as [string, string];
const instance = await createInstance({
  dataPath: join(root, 'instance'),
  listen: { host: '127.0.0.1', port: 0 },
  cloud,
  keys: { directory: join(root, 'keys') },
  allowedOrigins: [],
  webApp: defaultWebApp,
});
reportTo(process, instance.url);
