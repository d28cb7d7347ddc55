import { expect, test } from 'vitest';
import { filledPlace, place, registration } from '../../test/secrets-place.ts';
import { SecretsStore, type SecretsTransaction } from '../secrets/secrets-store.ts';
import { examineIdentity } from './identity.ts';

async function examine(change: (transaction: SecretsTransaction) => void, cloud?: string) {
  await using filled = await filledPlace();
  using secrets = await SecretsStore.open(filled.location);
  await secrets.transaction(change);
  return examineIdentity(secrets, cloud);
}

const workspace = { workspace: 'workspace-1', workspace_name: 'Ann\u001b[2J' };

test('registered and claimed', async () => {
  expect(await examine(() => undefined)).toEqual([
    {
      check: 'Registration',
      verdict: 'ok',
      message: 'Registered at https://cloud.test with the client ID i1.',
    },
    {
      check: 'Claim',
      verdict: 'ok',
      message: 'Claimed by Ann (workspace-1) since 2026-11-23T12:00:00.000Z.',
    },
  ]);
});

test('nothing has happened yet', async () => {
  await using empty = await place();
  using secrets = await SecretsStore.open(empty.location);
  expect(examineIdentity(secrets, undefined)).toMatchObject([
    { check: 'Registration', verdict: 'warning', message: expect.stringContaining('not registered') },
    { check: 'Claim', verdict: 'ok', message: 'Nobody has claimed the instance.' },
  ]);
});

test('a registration key was presented, and no answer saved', async () => {
  await using empty = await place();
  using secrets = await SecretsStore.open(empty.location);
  await secrets.transaction((transaction) => {
    transaction.put('presented_registration_key', {
      key_hash: 'canary',
      presented_at: '2026-11-23T12:00:00.000Z',
    });
  });
  const [registered] = examineIdentity(secrets, undefined);
  expect(registered).toMatchObject({
    verdict: 'warning',
    message: expect.stringContaining('presented a registration key on 2026-11-23T12:00:00.000Z'),
    remedy: expect.stringContaining('make a new one'),
  });
  expect(JSON.stringify(registered)).not.toContain('canary');
});

test('registered at another cloud than the one that was named', async () => {
  const [registered] = await examine(() => undefined, 'https://other.test');
  expect(registered).toMatchObject({
    verdict: 'problem',
    message: 'Registered at https://cloud.test, not at https://other.test.',
    remedy: 'Start it with --cloud https://cloud.test.',
  });
  expect((await examine(() => undefined, registration.issuer))[0]).toMatchObject({ verdict: 'ok' });
});

test('a claim that is cut off, by a workspace with a curious name', async () => {
  const [, claim] = await examine((transaction) => {
    transaction.remove('instance_claim');
    transaction.put('pending_claim', { ...workspace, begun_at: '2026-11-23T12:00:00.000Z' });
  });
  expect(claim).toMatchObject({
    verdict: 'warning',
    message: 'The claim by Ann [2J (workspace-1) has begun and is not complete.',
  });
});

test('a registration that the cloud has not been told to forget', async () => {
  const findings = await examine((transaction) => {
    transaction.put('pending_deregistration', {
      registration_access_token: 'canary-management-4711',
      registration_client_uri: 'https://cloud.test/reg/i0',
    });
  });
  expect(findings.at(-1)).toMatchObject({ check: 'Deregistration', verdict: 'warning' });
  expect(JSON.stringify(findings)).not.toContain('canary');
});
