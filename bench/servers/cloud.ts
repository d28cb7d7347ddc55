import { join } from 'node:path';
import { createCloud } from '../../cloud/src/cloud.ts';
import { defaultWebApp } from '../../cloud/src/config.ts';
import { createLogger } from '../../cloud/src/logger.ts';
import { reportTo } from './report.ts';

const [root] = process.argv.slice(2) as [string];
const cloud = await createCloud(
  {
    dataPath: join(root, 'cloud'),
    listen: { host: 'localhost', port: 0 },
    webApp: defaultWebApp,
    trustedProxies: ['127.0.0.1/32', '::1/128'],
  },
  {
    logger: createLogger({
      destination: {
        write: (l: string) => {
          if (/error/.test(l)) process.stderr.write(l);
        },
      },
    }),
  },
);
reportTo(process, cloud.url);
