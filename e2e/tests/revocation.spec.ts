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
import { TestNetwork } from '../test-network.ts';

/** Signs in to the instance with the approval of `account`. */
async function signIn(account: ScriptedAccount, resource: string): Promise<Tokens> {
  const login = await startDeviceLogin(account.cloudUrl, resource);
  const approval = await account.device('approve', {
    user_code: login.userCode,
    match_code: login.matchCode,
    instance_name: 'Lab',
  });
  expect(approval.status).toBe(200);
  return login.finish();
}

async function statusOf(instanceUrl: string, tokens: Tokens): Promise<number> {
  return graphql(instanceUrl, tokens, '{ viewer { id } }').then(
    ({ status }) => status,
    (error: unknown) => {
      if (error instanceof WWWAuthenticateChallengeError) return error.status;
      throw error;
    },
  );
}

const email = 'owner@example.test';

/** How a sign-in is made that is then ended. */
type Prepare = (
  owner: ScriptedAccount,
  resource: string,
) => Promise<{ tokens: Tokens; end: () => Promise<void> }>;

const endings: [count: number, what: string, prepare: Prepare][] = [
  [
    40,
    'sign-outs',
    async (owner, resource) => {
      const tokens = await signIn(owner, resource);
      return { tokens, end: async () => signOut(owner.cloudUrl, tokens) };
    },
  ],
  // As many as one address may sign in within a minute, but for a few.
  [
    15,
    'sessions at the cloud that are ended',
    async (owner, resource) => {
      const tokens = await signIn(await ScriptedAccount.signIn(owner.cloudUrl, email), resource);
      const session = await owner.otherSession();
      return { tokens, end: async () => owner.endSession(session) };
    },
  ],
];

for (const [count, what, prepare] of endings) {
  test(`row 28: of ${count} ${what}, each is known to the instance within 2 s`, async () => {
    await using network = await TestNetwork.start();
    const { instanceUrl, cloudUrl } = network;
    const { resource } = await network.publicInstance();
    const owner = await ScriptedAccount.signUp(cloudUrl, email);
    const stays = await signIn(owner, resource);
    await claim(instanceUrl, stays, network.claimCode);
    const milliseconds: number[] = [];
    for (let round = 0; round < count; round += 1) {
      const { tokens, end } = await prepare(owner, resource);
      expect(await statusOf(instanceUrl, tokens)).toBe(200);
      await end();
      const begin = performance.now();
      while ((await statusOf(instanceUrl, tokens)) !== 401) {
        expect(performance.now() - begin).toBeLessThan(2_000);
      }
      milliseconds.push(performance.now() - begin);
    }
    expect(Math.max(...milliseconds)).toBeLessThan(2_000);
    expect(await statusOf(instanceUrl, stays)).toBe(200);
  });
}
