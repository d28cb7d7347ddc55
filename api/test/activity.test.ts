import { readFile, rm, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { TestCloud } from './test-cloud.ts';
import { TestBrowser, TestInstance } from './test-instance.ts';

interface Entry {
  readonly action: string;
  readonly outcome: string;
  readonly actor: { readonly id: string } | null;
  readonly detail: string | null;
}

interface Connection<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
}

const auditQuery = `query ($first: Int! = 50, $after: String, $filter: AuditFilter) {
  auditEntries(first: $first, after: $after, filter: $filter) {
    edges { cursor node { id at action outcome actor { id name email } address userAgent detail } }
    pageInfo { endCursor hasNextPage }
  }
}`;

async function auditOf(
  browser: TestBrowser,
  variables: Record<string, unknown> = {},
): Promise<Connection<Entry>> {
  const { data, errors } = await browser.ask(auditQuery, variables);
  if (!data) throw new Error(JSON.stringify(errors));
  return data.auditEntries as Connection<Entry>;
}

/** Newest first: action and outcome, and whose. */
async function summaryOf(browser: TestBrowser, filter: Record<string, unknown> = {}): Promise<string[]> {
  const { edges } = await auditOf(browser, { first: 100, filter });
  return edges.map(({ node }) => `${node.action} ${node.outcome} ${node.actor?.id ?? '-'}`);
}

describe('the audit log', () => {
  let cloud: TestCloud;
  let instance: TestInstance;
  let owner: TestBrowser;

  beforeAll(async () => {
    cloud = await TestCloud.start();
    instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    owner = await TestBrowser.create(instance);
  });
  afterAll(async () => {
    await instance[Symbol.asyncDispose]();
    await cloud[Symbol.asyncDispose]();
  });

  test('tells the story of an instance', async () => {
    const guesser = await TestBrowser.create(instance, { sub: 'account-2', workspace: 'workspace-2' });
    for (let tries = 0; tries < 5; tries += 1) await guesser.claim('00000-00000');
    await owner.claim(await instance.claimCode());
    await owner.ask('mutation { renameInstance(name: "Attic") { __typename } }');
    cloud.fault = ({ method }) => (method === 'PATCH' ? new Response('', { status: 503 }) : undefined);
    await owner.ask('mutation { renameInstance(name: "Cellar") { __typename } }');
    cloud.fault = () => undefined;
    expect(await summaryOf(owner)).toEqual([
      'INSTANCE_RENAMED FAILED account-1',
      'INSTANCE_RENAMED SUCCEEDED account-1',
      'SIGNED_IN SUCCEEDED account-1',
      'CLAIMED SUCCEEDED account-1',
      'CLAIM_LOCKED REFUSED account-2',
      ...Array<string>(5).fill('CLAIM_CODE_REFUSED REFUSED account-2'),
      'INSTANCE_STARTED SUCCEEDED -',
    ]);
  });

  test('says who, from where and what in particular', async () => {
    const { edges } = await auditOf(owner, {
      filter: { actions: ['INSTANCE_RENAMED'], outcome: 'SUCCEEDED' },
    });
    expect(edges[0]?.node).toMatchObject({
      actor: { id: 'account-1', name: 'Ann', email: 'ann@example.test' },
      ...{ address: '127.0.0.1', userAgent: 'node', detail: null },
    });
  });

  test('says from which name to which, and keeps both sealed', async () => {
    const { data } = await owner.ask(
      '{ auditEntries(filter: { actions: [INSTANCE_RENAMED, CLAIMED] }) { edges { node { outcome rename { from to } } } } }',
    );
    const nodes = [
      { outcome: 'FAILED', rename: null },
      { outcome: 'SUCCEEDED', rename: { from: 'Lab', to: 'Attic' } },
      { outcome: 'SUCCEEDED', rename: null },
    ];
    expect(data).toEqual({ auditEntries: { edges: nodes.map((node) => ({ node })) } });
    for (const file of ['instance.db', 'instance.db-wal'])
      expect((await readFile(`${instance.config.dataPath}/${file}`)).includes('Attic')).toBe(false);
  });

  test('tells of refused tokens, of whom where that is known, and of a flood in two entries', async () => {
    const stranger = await TestBrowser.create(instance, { sub: 'account-3', workspace: 'workspace-3' });
    await stranger.ask('{ viewer { id } }');
    const thief = {
      authorization: (await owner.headers()).authorization,
      dpop: (await stranger.headers()).dpop,
    };
    await instance.anonymously('{ viewer { id } }', thief);
    for (let time = 0; time < 30; time += 1)
      await instance.anonymously('{ viewer { id } }', { authorization: 'DPoP nonsense' });
    await instance.anonymously('{ viewer { id } }');
    expect(await summaryOf(owner, { actions: ['ACCESS_REFUSED'] })).toEqual([
      'ACCESS_REFUSED REFUSED -',
      'ACCESS_REFUSED REFUSED account-1',
      'ACCESS_REFUSED REFUSED account-3',
    ]);
  });

  test('counts no refusal when it is the cloud that is silent', async () => {
    await using ownCloud = await TestCloud.start();
    let offset = 0;
    const clock = { ...systemClock, now: () => Date.now() + offset };
    await using ownInstance = await TestInstance.start(ownCloud, {}, { clock });
    await ownInstance.untilRegistered();
    const ann = await TestBrowser.create(ownInstance);
    await ann.claim(await ownInstance.claimCode());
    const later = await ann.headers();
    await ownCloud.rotateKeys();
    const { authorization, dpop } = await ann.headers();
    // Its keys may be asked for again.
    offset = 31_000;
    await ownCloud.down();
    const { status } = await ownInstance.anonymously('{ viewer { id } }', { authorization, dpop });
    expect(status).toBe(503);
    const { data } = await ownInstance.anonymously(
      '{ auditEntries(filter: { actions: [ACCESS_REFUSED] }) { edges { cursor } } }',
      later,
    );
    expect(data).toEqual({ auditEntries: { edges: [] } });
  });

  test('pages by cursor, newest first', async () => {
    const all = await auditOf(owner, { first: 100 });
    const seen: unknown[] = [];
    for (let after: string | null = null; ; ) {
      const page = await auditOf(owner, { first: 4, after });
      seen.push(...page.edges.map(({ node }) => node));
      expect(page.pageInfo.endCursor).toBe(page.edges.at(-1)?.cursor);
      if (!page.pageInfo.hasNextPage) break;
      expect(page.edges).toHaveLength(4);
      after = page.pageInfo.endCursor;
    }
    expect(seen).toEqual(all.edges.map(({ node }) => node));
    expect(all.pageInfo.hasNextPage).toBe(false);
  });

  test('filters by actor and time, with any time zone', async () => {
    expect(new Set(await summaryOf(owner, { actor: 'account-2' }))).toEqual(
      new Set(['CLAIM_LOCKED REFUSED account-2', 'CLAIM_CODE_REFUSED REFUSED account-2']),
    );
    expect(await summaryOf(owner, { until: '2020-01-01T00:00:00+05:30' })).toEqual([]);
    expect((await summaryOf(owner, { since: '2020-01-01T00:00Z' })).length).toBeGreaterThan(10);
    expect(await summaryOf(owner, { actions: [] })).toEqual([]);
  });

  test.each([
    { first: 0 },
    { first: 101 },
    { first: -1 },
    { after: 'x' },
    { after: '' },
    { after: 'a'.repeat(100) },
  ])('%j is refused in words', async (variables) => {
    const { code, errors, data } = await owner.ask(auditQuery, variables);
    expect(code).toBe('invalid_argument');
    expect(errors[0]?.message).toMatch(/1 to 100|no cursor/);
    expect(data?.auditEntries ?? null).toBeNull();
  });

  test.each(['2026-11-23', '2026-11-23T10:00:00', 'yesterday', '', 7, '2026-13-01T00:00:00Z'])(
    '%j is no instant',
    async (since) => {
      const { errors } = await owner.ask(auditQuery, { filter: { since } });
      expect(errors[0]?.message).toContain('A DateTime is written as');
    },
  );

  test('goes on after a restart, and says whether the stop was a proper one', async () => {
    await instance.down();
    await instance.up();
    expect((await summaryOf(owner)).slice(0, 2)).toEqual([
      'INSTANCE_STARTED SUCCEEDED -',
      'INSTANCE_STOPPED SUCCEEDED -',
    ]);
  });
});

test('behind a trusted proxy the address is the client’s, and not what a client says', async () => {
  await using cloud = await TestCloud.start();
  const reach = { trustedProxies: ['127.0.0.1/32'] };
  await using instance = await TestInstance.start(cloud, { reach });
  await instance.untilRegistered();
  const ann = await TestBrowser.create(instance);
  await ann.claim(await instance.claimCode());
  const forwarded = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7', ...(await ann.headers()) };
  await instance.anonymously('{ viewer { id } }', forwarded);
  const { edges } = await auditOf(ann, { filter: { actions: ['SIGNED_IN'] } });
  expect(edges.map(({ node }) => node)).toMatchObject([{ address: '198.51.100.7' }]);
});

test('who renames the instance again and again does not push other entries out of the log', async () => {
  await using cloud = await TestCloud.start();
  await using instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  const ann = await TestBrowser.create(instance);
  await ann.claim(await instance.claimCode());
  for (let time = 0; time < 13; time += 1)
    await ann.ask(`mutation { renameInstance(name: "Name ${time}") { __typename } }`);
  const { edges } = await auditOf(ann, { filter: { actions: ['INSTANCE_RENAMED'] } });
  expect(edges).toHaveLength(10);
});

test('while instance.db cannot be written, everything goes on, and a notice says so until it can', async () => {
  await using cloud = await TestCloud.start();
  await using instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  using other = new DatabaseSync(`${instance.config.dataPath}/instance.db`);
  other.exec('BEGIN IMMEDIATE');
  const ann = await TestBrowser.create(instance);
  await ann.claim(await instance.claimCode());
  expect((await ann.ask('{ viewer { name } }')).data).toEqual({ viewer: { name: 'Ann' } });
  await instance.until(({ notices }) => notices.some(({ code }) => code === 'ACTIVITY_NOT_SAVED'));
  const complaints = instance.logLines.filter((line) => line.includes('instance.db could not be written'));
  expect(complaints.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      level: 50,
      time: expect.any(String),
      service: 'instance',
      msg: 'instance.db could not be written: another program is writing to it',
    },
  ]);
  other.exec('ROLLBACK');
  await instance.until(({ notices }) => notices.length === 0);
  expect(await summaryOf(ann)).toEqual([
    'SIGNED_IN SUCCEEDED account-1',
    'CLAIMED SUCCEEDED account-1',
    'INSTANCE_STARTED SUCCEEDED -',
  ]);
});

test('a damaged instance.db keeps the instance from starting, in words; without it, it starts', async () => {
  await using cloud = await TestCloud.start();
  await using instance = await TestInstance.start(cloud);
  await instance.down();
  const path = `${instance.config.dataPath}/instance.db`;
  await writeFile(path, 'no database '.repeat(1_000));
  await expect(instance.up()).rejects.toMatchObject({
    code: 'activity_damaged',
    message: expect.stringContaining(`${path} is damaged`),
  });
  await rm(path);
  await instance.up();
});

test('a claim that is carried on after an interruption is recorded, by nobody', async () => {
  await using cloud = await TestCloud.start();
  await using instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  const browser = await TestBrowser.create(instance);
  cloud.fault = (request) => (request.method === 'PUT' ? new Response('', { status: 503 }) : undefined);
  expect(await browser.claim(await instance.claimCode())).toMatchObject({ __typename: 'CloudUnavailable' });
  cloud.fault = () => undefined;
  await instance.down();
  await instance.up();
  await instance.until(({ state }) => state === 'CLAIMED');
  expect(await summaryOf(browser, { actions: ['CLAIMED'] })).toEqual([
    'CLAIMED SUCCEEDED -',
    'CLAIMED FAILED account-1',
  ]);
});

test('a name that was changed at the cloud is recorded', async () => {
  await using cloud = await TestCloud.start();
  await using instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  const browser = await TestBrowser.create(instance);
  await browser.claim(await instance.claimCode());
  await instance.down();
  cloud.name = 'Attic';
  await instance.up();
  const deadline = Date.now() + 5_000;
  let edges: Connection<Entry>['edges'] = [];
  while (edges.length === 0 && Date.now() < deadline)
    ({ edges } = await auditOf(browser, { filter: { actions: ['INSTANCE_RENAMED'] } }));
  expect(edges.map(({ node }) => node.detail)).toEqual(['at the cloud']);
  const { data } = await browser.ask(
    '{ auditEntries(first: 1, filter: { actions: [INSTANCE_RENAMED] }) { edges { node { rename { to } } } } }',
  );
  expect(data).toMatchObject({ auditEntries: { edges: [{ node: { rename: { to: 'Attic' } } }] } });
});

describe('a rename that meets a reconnection', () => {
  let cloud: TestCloud;
  let instance: TestInstance;
  let browser: TestBrowser;

  beforeEach(async () => {
    cloud = await TestCloud.start();
    // So that it connects every second.
    cloud.instanceTokenSeconds = 1;
    instance = await TestInstance.start(cloud);
    await instance.untilConnected();
    browser = await TestBrowser.create(instance);
    await browser.claim(await instance.claimCode());
  });
  afterEach(async () => {
    await instance[Symbol.asyncDispose]();
    await cloud[Symbol.asyncDispose]();
  });

  const rename = async () => browser.ask('mutation { renameInstance(name: "Attic") { __typename } }');
  const connections = () => cloud.requests.filter((route) => route === 'GET /api/instance').length;
  const untilReconnected = async (times: number) => {
    const before = connections();
    await vi.waitFor(() => expect(connections()).toBeGreaterThanOrEqual(before + times), { timeout: 9_000 });
  };
  const expectOneRename = async () => {
    const { edges } = await auditOf(browser, { filter: { actions: ['INSTANCE_RENAMED'] } });
    expect(edges.map(({ node }) => [node.actor?.id, node.detail])).toEqual([['account-1', null]]);
    expect((await browser.ask('{ instance { name } }')).data).toEqual({ instance: { name: 'Attic' } });
  };

  test('is recorded once when the cloud tells the new name before it has answered', async () => {
    cloud.fault = async ({ method }) => {
      if (method !== 'PATCH') return undefined;
      cloud.name = 'Attic';
      await untilReconnected(2);
      return undefined;
    };
    await rename();
    await expectOneRename();
  }, 20_000);

  test('is not undone when the cloud told the former name before', async () => {
    const asked = Promise.withResolvers<void>();
    const renamed = Promise.withResolvers<void>();
    cloud.fault = async ({ method, url }) => {
      if (method !== 'GET' || new URL(url).pathname !== '/api/instance') return undefined;
      const { clientId: client_id, name, owner } = cloud;
      asked.resolve();
      await renamed.promise;
      return Response.json({ client_id, name, owner });
    };
    await asked.promise;
    await rename();
    cloud.fault = () => undefined;
    renamed.resolve();
    await untilReconnected(1);
    await expectOneRename();
  }, 20_000);
});

describe('the sessions', () => {
  test('say which accounts use the instance in which browsers, and which is the own one', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    const early = await TestBrowser.create(instance);
    await early.ask('{ viewer { id } }');
    const ann = await TestBrowser.create(instance);
    await ann.claim(await instance.claimCode());
    const bob = await TestBrowser.create(instance, {
      sub: 'account-2',
      name: 'Bob',
      email: 'bob@example.test',
    });
    const stranger = await TestBrowser.create(instance, { sub: 'account-3', workspace: 'workspace-3' });
    for (const browser of [ann, bob, stranger, ann]) await browser.ask('{ viewer { id } }');
    const { data } = await bob.ask(
      '{ sessions { edges { node { account { id name email } userAgent firstAddress lastAddress firstUsedAt lastUsedAt isCurrent } } pageInfo { hasNextPage } } }',
    );
    const sessions = data?.sessions as Connection<Record<string, unknown>> | undefined;
    expect(sessions?.edges.map(({ node }) => node)).toMatchObject([
      {
        account: { id: 'account-2', name: 'Bob', email: 'bob@example.test' },
        ...{ userAgent: 'node', firstAddress: '127.0.0.1', lastAddress: '127.0.0.1', isCurrent: true },
      },
      { account: { id: 'account-1' }, isCurrent: false },
    ]);
    const accountsOf = async (filter: string) => {
      const { data } = await bob.ask(`{ sessions(filter: ${filter}) { edges { node { account { id } } } } }`);
      const found = data?.sessions as Connection<{ account: { id: string } }>;
      return found.edges.map(({ node }) => node.account.id);
    };
    expect(await accountsOf('{ account: "account-1" }')).toEqual(['account-1']);
    expect(await accountsOf('{ since: "2100-01-01T00:00:00Z" }')).toEqual([]);
    expect(await accountsOf('{ until: "2100-01-01T00:00:00Z" }')).toEqual(['account-2', 'account-1']);
    expect(await accountsOf('{ until: "2001-01-01T00:00:00Z" }')).toEqual([]);
  });
});

test('an instance that begins anew says so, keeps its log and forgets the sessions of the former owner', async () => {
  await using cloud = await TestCloud.start();
  await using instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  const ann = await TestBrowser.create(instance);
  await ann.claim(await instance.claimCode());
  await ann.ask('{ viewer { id } }');
  await instance.down();
  await instance.up({}, { confirmReset: async () => true });
  await instance.until(({ state }) => state === 'UNCLAIMED');
  const bob = await TestBrowser.create(instance, { sub: 'account-2', workspace: 'workspace-2' });
  await bob.claim(await instance.claimCode());
  const { data } = await bob.ask('{ sessions { edges { node { account { id } } } } }');
  expect(data).toEqual({ sessions: { edges: [{ node: { account: { id: 'account-2' } } }] } });
  expect(await summaryOf(bob, { actions: ['CREDENTIALS_RESET', 'CLAIMED'] })).toEqual([
    'CLAIMED SUCCEEDED account-2',
    'CREDENTIALS_RESET SUCCEEDED -',
    'CLAIMED SUCCEEDED account-1',
  ]);
});

test('row 48: neither tokens nor proofs nor claim codes, nor what secrets.db seals, reach instance.db', async () => {
  await using cloud = await TestCloud.start();
  await using instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  const browser = await TestBrowser.create(instance);
  const code = await instance.claimCode();
  await browser.claim('AAAAA-BBBBB');
  const { authorization, dpop } = await browser.headers();
  await instance.anonymously('{ viewer { id } }', { authorization: `${authorization}x`, dpop });
  await instance.anonymously('{ viewer { id } }', { authorization, dpop: 'x' });
  await browser.claim(code);
  await browser.ask('mutation { renameInstance(name: "Engagement Umbrella") { __typename } }');
  await instance.down();
  const content = (await readFile(`${instance.config.dataPath}/instance.db`)).toString('latin1');
  expect(content).toContain('CLAIM_CODE_REFUSED');
  expect(content).toContain('SIGNED_IN');
  for (const secret of ['eyJ', code, 'AAAAA-BBBBB', authorization.slice(5), 'Umbrella', "Ann's workspace"])
    expect(content).not.toContain(secret);
});
