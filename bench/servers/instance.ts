import { join } from 'node:path';
import { defaultWebApp } from '../../api/src/config.ts';
import { createInstance } from '../../api/src/instance.ts';
import { reportTo } from './report.ts';

const [root, cloud, ...trustedProxies] = process.argv.slice(2) as [string, string, ...string[]];
let keyFetches = 0;
const instance = await createInstance(
  {
    dataPath: join(root, 'instance'),
    listen: { host: '127.0.0.1', port: 0 },
    cloud,
    keys: { directory: join(root, 'keys') },
    allowedOrigins: [],
    reach: { trustedProxies },
    webApp: defaultWebApp,
  },
  {},
  {
    fetch: async (address, init) => {
      if (new Request(address).url.endsWith('/jwks')) keyFetches += 1;
      return fetch(address, init);
    },
  },
);
reportTo(process, instance.url, () => keyFetches);
