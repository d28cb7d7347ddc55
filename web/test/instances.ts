import type { PublicInstance } from '../src/pages/instance-queries.ts';

/** Lifetimes in seconds, as an instance repeats them. */
export const publishedLifetimes = {
  accessToken: 300,
  refreshTokenIdle: 1_209_600,
  refreshTokenAbsolute: 7_776_000,
  instanceToken: 600,
  deviceCode: 300,
  userCode: 300,
  devicePollInterval: 2,
};

/** What a registered instance without an owner tells anybody. */
export function publicInstance(changes: Partial<PublicInstance> = {}): PublicInstance {
  return {
    id: 'instance-1',
    state: 'UNCLAIMED',
    version: '0.1.0',
    resource: 'https://cloud.test/instances/instance-1',
    cloud: {
      issuer: 'https://cloud.test',
      clientId: 'holdfast-web',
      tokenLifetimes: publishedLifetimes,
    },
    claimWindowEnd: null,
    notices: [],
    ...changes,
  };
}
