import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultWebApp } from '../../api/src/config.ts';
import { createInstance, type Instance } from '../../api/src/instance.ts';
import { createLogger } from '../../api/src/logger.ts';
import { anotherNetwork } from '../another-network.ts';
import { answerTo } from './answers.ts';

// Instances that come and go, one after the other: each registers, and is gone at the cloud when it ends.

export interface StartedInstance {
  readonly url: string;
  readonly claimCode: string;
  /** Where and with what it manages its registration (RFC 7592). */
  readonly registration: {
    readonly registration_client_uri: string;
    readonly registration_access_token: string;
  };
}

export type InstancesRequest = { readonly start: string } | { readonly stop: string };

const [root, cloud] = process.argv.slice(2) as [string, string];
const running = new Map<string, Instance>();

answerTo(process, async (asked) => {
  const request = asked as InstancesRequest;
  if ('start' in request) return start(request.start);
  await running.get(request.stop)?.[Symbol.asyncDispose]();
  return undefined;
});

async function start(name: string): Promise<StartedInstance> {
  const registered = Promise.withResolvers<StartedInstance['registration']>();
  const dataPath = join(root, name);
  const instance = await createInstance(
    {
      dataPath,
      listen: { host: '127.0.0.1', port: 0 },
      cloud,
      keys: { directory: join(root, 'keys') },
      allowedOrigins: [],
      reach: { trustedProxies: ['127.0.0.1/32'] },
      webApp: defaultWebApp,
    },
    {},
    {
      logger: createLogger({ destination: { write: () => undefined } }),
      fetch: async (address, init) => {
        const request = new Request(address, init);
        for (const [header, value] of Object.entries(anotherNetwork())) request.headers.set(header, value);
        const response = await fetch(request);
        if (new URL(request.url).pathname === '/reg') registered.resolve(response.clone().json());
        return response;
      },
    },
  );
  running.set(name, instance);
  const claimCode = readFileSync(join(dataPath, 'claim-code'), 'utf8').trim();
  return { url: instance.url, claimCode, registration: await registered.promise };
}
