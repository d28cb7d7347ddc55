import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Role, roles } from '../src/access/roles.ts';
import { Subscription } from './subscription.ts';
import { TestCloud } from './test-cloud.ts';
import { TestBrowser, TestInstance } from './test-instance.ts';

/** The least role that each may be done with at an instance that has an owner. */
const least: [operation: string, role: Role][] = [
  ['{ viewer { id role workspace { name } } }', 'viewer'],
  [
    '{ instance { name startedAt owner { workspace { id } claimedAt } secretsProtection { keyId } } }',
    'viewer',
  ],
  ['{ auditEntries { edges { node { id actor { email } address } } pageInfo { hasNextPage } } }', 'member'],
  ['{ sessions { edges { node { id account { name } } cursor } } }', 'member'],
  ['mutation { renameInstance(name: "New") { __typename } }', 'admin'],
  ['mutation { claimInstance(code: "x") { __typename ... on AlreadyClaimed { message } } }', 'admin'],
];
const leastForStreams: [operation: string, role: Role][] = [
  ['subscription { instanceChanged { name } }', 'viewer'],
  ['subscription { auditEntryAdded { id } }', 'member'],
];

let cloud: TestCloud;
let instance: TestInstance;
let browsers: Record<Role, TestBrowser>;

beforeAll(async () => {
  cloud = await TestCloud.start();
  instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  const created = roles.map(async (role) => [role, await TestBrowser.create(instance, { role })]);
  browsers = Object.fromEntries(await Promise.all(created)) as Record<Role, TestBrowser>;
});
afterAll(async () => {
  await instance[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
});

const allows = (role: Role, operationNeeds: Role) => roles.indexOf(role) >= roles.indexOf(operationNeeds);

describe('row 54: at an instance without an owner', () => {
  test.each(['viewer', 'member'] as const)(
    'a %s cannot give it to the workspace, even with the code',
    async (role) => {
      const { status, code, errors } = await browsers[role].ask(
        `mutation { claimInstance(code: "${await instance.claimCode()}") { __typename } }`,
      );
      expect([status, code]).toEqual([403, 'forbidden']);
      expect(errors[0]?.message).toContain(`Your role in the workspace of this instance is ${role}`);
      expect(instance.handle.claimUrl).toBeDefined();
    },
  );

  test('an admin can', async () => {
    expect(await browsers.admin.claim(await instance.claimCode())).toMatchObject({
      __typename: 'InstanceClaimed',
    });
  });
});

describe('row 54: at an instance with an owner', () => {
  const cases = roles.flatMap((role) => least.map(([operation, needs]) => [role, operation, needs] as const));
  test.each(cases)('%s: %s', async (role, operation, needs) => {
    const { status, code, data, errors } = await browsers[role].ask(operation);
    if (allows(role, needs)) {
      expect(errors).toEqual([]);
      expect(status).toBe(200);
    } else {
      expect([status, code]).toEqual([403, 'forbidden']);
      expect(data ?? null).toBeNull();
    }
  });

  const streams = roles.flatMap((role) =>
    leastForStreams.map(([operation, needs]) => [role, operation, needs] as const),
  );
  test.each(streams)('%s: %s', async (role, operation, needs) => {
    await using stream = await Subscription.of(browsers[role], operation);
    expect(stream.response.statusCode).toBe(allows(role, needs) ? 200 : 403);
  });

  const places = ['{ instance { dataPath } }', '{ instance { secretsProtection { keyLocation } } }'];
  test.each(roles.flatMap((role) => places.map((place) => [role, place] as const)))(
    '%s: where on the machine something lies, %s',
    async (role, place) => {
      const { code, data } = await browsers[role].ask(place);
      expect(code).toBe(allows(role, 'admin') ? undefined : 'forbidden');
      const isTold = JSON.stringify(data).includes(instance.root);
      expect(isTold).toBe(allows(role, 'admin'));
    },
  );

  test('what was refused was not done', async () => {
    const { data } = await browsers.owner.ask(
      '{ auditEntries(filter: { actions: [INSTANCE_RENAMED] }) { edges { node { outcome } } } }',
    );
    expect(data).toMatchObject({
      auditEntries: { edges: Array.from({ length: 2 }, () => expect.anything()) },
    });
  });

  test.each([undefined, 'auditor', 'OWNER', '', null, 7])('a token with the role %j', async (role) => {
    const browser = await TestBrowser.create(instance, { role });
    const { status, code, errors } = await browser.ask('{ instance { state } }');
    expect([status, code]).toEqual([401, 'invalid_token']);
    expect(errors[0]?.message).toContain('names no role that this instance knows');
  });
});
