import type { DeviceRequest } from '../src/account/api/device.ts';

type Changes = Partial<Omit<DeviceRequest, 'requested_from' | 'instance'>> & {
  requested_from?: Partial<DeviceRequest['requested_from']>;
  instance?: Partial<DeviceRequest['instance']>;
};

/** A login that waits for a decision, asked for by an instance that nobody owns yet. */
export function deviceRequest({ requested_from, instance, ...changes }: Changes = {}): DeviceRequest {
  return {
    user_code: 'WDJB-MJHT',
    requested_at: new Date(Date.now() - 130_000).toISOString(),
    expires_at: new Date(Date.now() + 178_000).toISOString(),
    requested_from: {
      address: '203.0.113.7',
      user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      origin: 'http://127.0.0.1:8080',
      ...requested_from,
    },
    instance: {
      client_id: 'instance-1',
      name: null,
      claimed: false,
      foreign: false,
      registered_at: '2026-11-23T12:00:00.000Z',
      known_origins: [],
      ...instance,
    },
    binding: null,
    ...changes,
  };
}
