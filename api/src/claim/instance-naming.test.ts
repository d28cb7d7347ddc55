import { expect, test } from 'vitest';
import { place } from '../../test/secrets-place.ts';
import type { InstanceApiRequest } from '../cloud-client/ownership.ts';
import { SecretsStore } from '../secrets/secrets-store.ts';
import { ClaimStore } from './claim-store.ts';
import { InstanceNaming } from './instance-naming.ts';

/** The cloud, which agrees to every name. */
async function renamed(_path: string, { body }: InstanceApiRequest): Promise<Response> {
  const { name } = body as { name: string };
  return Response.json({ client_id: 'i1', name, registered_at: new Date(0).toISOString(), owner: null });
}

test('remembers the last 50 renames, each by an instant of its own, also after a restart', async () => {
  await using here = await place();
  const open = async () => {
    const secrets = await SecretsStore.open(here.location);
    const claims = new ClaimStore(secrets, 'https://cloud.test');
    const record = () => undefined;
    return {
      naming: new InstanceNaming({ api: renamed, secrets, claims, record, now: () => 1_000 }),
      [Symbol.dispose]: () => secrets[Symbol.dispose](),
    };
  };
  const instants: number[] = [];
  {
    using first = await open();
    for (let number = 1; number <= 51; number += 1) instants.push(await first.naming.rename(`Lab ${number}`));
    expect(new Set(instants).size).toBe(51);
    expect(first.naming.renameAt(Number(instants[50]))).toEqual({ from: 'Lab 50', to: 'Lab 51' });
  }
  using again = await open();
  expect(instants.map((at) => again.naming.renameAt(at)?.to)).toEqual([
    undefined,
    ...instants.slice(1).map((_at, index) => `Lab ${index + 2}`),
  ]);
  expect(again.naming.renameAt(7)).toBeUndefined();
});

test('the first name follows none', async () => {
  await using here = await place();
  using secrets = await SecretsStore.open(here.location);
  const claims = new ClaimStore(secrets, 'https://cloud.test');
  const naming = new InstanceNaming({
    api: renamed,
    secrets,
    claims,
    record: () => undefined,
    now: () => 1_000,
  });
  expect(naming.renameAt(await naming.rename('Lab'))).toEqual({ from: undefined, to: 'Lab' });
});
