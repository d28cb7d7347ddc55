import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { WWWAuthenticateChallengeError } from 'oauth4webapi';
import { expect, test } from 'playwright/test';
import {
  claim,
  graphql,
  ScriptedAccount,
  signOut,
  startDeviceLogin,
  type Tokens,
} from '../scripted-client.ts';
import { ServedInstance } from '../served-instance.ts';
import { TestNetwork } from '../test-network.ts';

interface PublicInstance {
  readonly resource: string;
  readonly notices: readonly { readonly code: string }[];
}

async function publicInstance({ instanceUrl }: ServedInstance): Promise<PublicInstance> {
  const response = await fetch(`${instanceUrl}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ instance { resource notices { code } } }' }),
  });
  return ((await response.json()) as { data: { instance: PublicInstance } }).data.instance;
}

const noticesOf = async (instance: ServedInstance) =>
  (await publicInstance(instance)).notices.map(({ code }) => code);

const rename = 'mutation { renameInstance(name: "Mine now") { __typename } }';

async function statusOf(
  instance: ServedInstance,
  tokens: Tokens,
  query = '{ viewer { id } }',
): Promise<number> {
  return graphql(instance.instanceUrl, tokens, query).then(
    ({ status }) => status,
    (error: unknown) => {
      if (error instanceof WWWAuthenticateChallengeError) return error.status;
      throw error;
    },
  );
}

async function copiesSeen({ instanceUrl }: ServedInstance, tokens: Tokens): Promise<number> {
  const query = '{ auditEntries(filter: { actions: [OTHER_COPY_SEEN] }) { edges { node { id } } } }';
  const answer = (await (await graphql(instanceUrl, tokens, query)).json()) as {
    data: { auditEntries: { edges: unknown[] } };
  };
  return answer.data.auditEntries.edges.length;
}

test('row 65: of two copies of an instance both refuse whose sign-in ended, and both say that there is another', async () => {
  test.setTimeout(180_000);
  await using network = await TestNetwork.start();
  const { cloudUrl } = network;
  await using original = await ServedInstance.create({ cloudUrl });
  await original.up([]);
  await expect.poll(async () => (await publicInstance(original)).resource).toBeTruthy();
  const { resource } = await publicInstance(original);
  const owner = await ScriptedAccount.signUp(cloudUrl, 'owner@example.test');
  const signIn = async () => {
    const login = await startDeviceLogin(cloudUrl, resource);
    const approval = { user_code: login.userCode, match_code: login.matchCode, instance_name: 'Lab' };
    expect((await owner.device('approve', approval)).status).toBe(200);
    return login.finish();
  };
  const isRefusedByAll = async (tokens: Tokens, ...instances: ServedInstance[]) => {
    for (const instance of instances) expect(await statusOf(instance, tokens)).toBe(200);
    await signOut(cloudUrl, tokens);
    const begin = performance.now();
    const statuses = async (query?: string) =>
      Promise.all(instances.map(async (instance) => statusOf(instance, tokens, query)));
    while ((await statuses()).some((status) => status !== 401))
      expect(performance.now() - begin).toBeLessThan(2_000);
    expect(await statuses(rename)).toEqual(instances.map(() => 401));
  };
  const stays = await signIn();
  await claim(original.instanceUrl, stays, (await readFile(original.claimCodePath, 'utf8')).trim());

  // A restart, however it came to it, works at once and is no second copy.
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    await original.down(signal);
    await original.up([]);
    await isRefusedByAll(await signIn(), original);
  }
  // By now one that had not ended would have shown itself.
  await sleep(6_000);
  await isRefusedByAll(await signIn(), original);
  expect([await noticesOf(original), await copiesSeen(original, stays)]).toEqual([[], 0]);

  const endedBefore = await signIn();
  await original.down();
  await using copy = await original.copy();
  await original.up([]);
  await isRefusedByAll(endedBefore, original);
  // What the original has heard and acknowledged by then, the older state of the copy does not have.
  await copy.up([]);
  await expect.poll(async () => statusOf(copy, endedBefore), { timeout: 2_000 }).toBe(401);
  for (let round = 0; round < 3; round += 1) await isRefusedByAll(await signIn(), original, copy);
  for (const instance of [original, copy]) {
    await expect.poll(async () => noticesOf(instance), { timeout: 60_000 }).toEqual(['OTHER_COPY_RUNS']);
    expect(await statusOf(instance, stays)).toBe(200);
    expect(await copiesSeen(instance, stays)).toBe(1);
    expect(instance.output.split('Another copy of this instance').length).toBe(2);
  }
  await isRefusedByAll(await signIn(), original, copy);
});
