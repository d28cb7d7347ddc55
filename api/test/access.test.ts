import { GraphQLObjectType, getNamedType, isRequiredArgument, isUnionType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schemaOfInstances } from '../src/schema/index.ts';
import { createKey, signAccessToken, signProof } from './credentials.ts';
import { TestCloud } from './test-cloud.ts';
import { rawRequest, TestBrowser, TestInstance } from './test-instance.ts';

const schema = schemaOfInstances();

const publicFields = new Set([
  'Query.instance',
  ...['id', 'state', 'version', 'resource', 'cloud', 'notices', 'claimWindow', 'claimWindowEnd'].map(
    (field) => `Instance.${field}`,
  ),
  ...['issuer', 'clientId', 'deviceAuthorizationEndpoint', 'tokenEndpoint', 'tokenLifetimes'].map(
    (field) => `Cloud.${field}`,
  ),
  ...[
    'accessToken',
    'refreshTokenIdle',
    'refreshTokenAbsolute',
    'instanceToken',
    'deviceCode',
    'userCode',
    'devicePollInterval',
  ].map((field) => `TokenLifetimes.${field}`),
  ...['code', 'message', 'since'].map((field) => `Notice.${field}`),
]);

/** A document for each field that can be reached from the root, by its coordinate. */
function documentsByField(): [coordinate: string, document: string][] {
  const documents = new Map<string, string>();
  const visit = (type: GraphQLObjectType, wrap: (selection: string) => string): void => {
    for (const field of Object.values(type.getFields())) {
      const coordinate = `${type.name}.${field.name}`;
      if (documents.has(coordinate)) continue;
      const values = field.args
        .filter((argument) => isRequiredArgument(argument))
        .map(({ name }) => `${name}: "x"`)
        .join(', ');
      const call = values ? `${field.name}(${values})` : field.name;
      const named = getNamedType(field.type);
      const isComposite = named instanceof GraphQLObjectType || isUnionType(named);
      documents.set(coordinate, wrap(isComposite ? `${call} { __typename }` : call));
      if (named instanceof GraphQLObjectType) visit(named, (selection) => wrap(`${call} { ${selection} }`));
      if (isUnionType(named)) {
        for (const member of named.getTypes())
          visit(member, (selection) => wrap(`${call} { ... on ${member.name} { ${selection} } }`));
      }
    }
  };
  visit(schema.getQueryType() as GraphQLObjectType, (selection) => `query { ${selection} }`);
  visit(schema.getMutationType() as GraphQLObjectType, (selection) => `mutation { ${selection} }`);
  visit(schema.getSubscriptionType() as GraphQLObjectType, (selection) => `subscription { ${selection} }`);
  return [...documents];
}

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await TestCloud.start();
});
afterAll(async () => cloud[Symbol.asyncDispose]());

describe('without a token nothing answers but the public part', () => {
  let instance: TestInstance;
  beforeAll(async () => {
    instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
  });
  afterAll(async () => instance[Symbol.asyncDispose]());

  test.each(documentsByField())('%s', async (coordinate, document) => {
    const { status, code, headers, errors } = await instance.anonymously(document);
    if (publicFields.has(coordinate)) {
      expect(errors).toEqual([]);
      expect(status).toBe(200);
    } else {
      expect(code).toBe('unauthenticated');
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toBe(
        `DPoP algs="ES256", resource_metadata="${instance.url}/.well-known/oauth-protected-resource"`,
      );
    }
  });

  test('every type of the schema was visited', () => {
    const visited = new Set(documentsByField().map(([coordinate]) => coordinate.split('.')[0]));
    const objects = Object.values(schema.getTypeMap()).filter(
      (type) => type instanceof GraphQLObjectType && !type.name.startsWith('__'),
    );
    expect(objects.map(({ name }) => name).filter((name) => !visited.has(name))).toEqual([]);
  });
});

describe('a token at an instance without an owner', () => {
  test('viewer and the public part, nothing else', async () => {
    await using ownCloud = await TestCloud.start();
    await using instance = await TestInstance.start(ownCloud);
    await instance.untilRegistered();
    const browser = await TestBrowser.create(instance);
    const { data } = await browser.ask(
      '{ viewer { id email name workspace { id name } } instance { state } }',
    );
    expect(data).toEqual({
      viewer: {
        id: 'account-1',
        email: 'ann@example.test',
        name: 'Ann',
        workspace: { id: 'workspace-1', name: "Ann's workspace" },
      },
      instance: { state: 'UNCLAIMED' },
    });
    for (const query of [
      '{ instance { name } }',
      '{ instance { owner { claimedAt } } }',
      '{ instance { dataPath } }',
      '{ instance { secretsProtection { keyLocation } } }',
      '{ instance { startedAt } }',
      'mutation { renameInstance(name: "x") { __typename } }',
    ]) {
      const { status, code, errors } = await browser.ask(query);
      expect(status, query).toBe(403);
      expect(code, query).toBe('unclaimed');
      expect(JSON.stringify(errors)).not.toContain(instance.root);
    }
  });
});

describe('a claimed instance', () => {
  let claimedCloud: TestCloud;
  let instance: TestInstance;
  let owner: TestBrowser;

  beforeAll(async () => {
    claimedCloud = await TestCloud.start();
    instance = await TestInstance.start(claimedCloud);
    await instance.untilRegistered();
    owner = await TestBrowser.create(instance);
    await owner.claim(await instance.claimCode());
  });
  afterAll(async () => {
    await instance[Symbol.asyncDispose]();
    await claimedCloud[Symbol.asyncDispose]();
  });

  test('members see everything', async () => {
    const { data, status } = await owner.ask(
      '{ instance { name dataPath startedAt secretsProtection { keySource keyLocation keyId } owner { workspace { id name } claimedAt } } }',
    );
    expect(status).toBe(200);
    expect(data?.instance).toMatchObject({
      name: 'Lab',
      dataPath: instance.handle.dataPath,
      secretsProtection: {
        keySource: 'KEY_FILE',
        keyLocation: expect.stringMatching(/holdfast\/keys\/[0-9a-f-]{36}\.key$/),
        keyId: 1,
      },
      owner: { workspace: { id: 'workspace-1', name: "Ann's workspace" } },
    });
  });

  test('row 50: a validly signed token of another workspace gets 403 and nothing else', async () => {
    const stranger = await TestBrowser.create(instance, { sub: 'account-2', workspace: 'workspace-2' });
    for (const query of [
      '{ viewer { id } }',
      '{ instance { state } }',
      'mutation { renameInstance(name: "x") { __typename } }',
    ]) {
      const { status, code, errors, data } = await stranger.ask(query);
      expect(status).toBe(403);
      expect(code).toBe('access_denied');
      expect(errors[0]?.message).toMatch(/^This instance belongs to someone else\./);
      expect(data).toBeUndefined();
    }
  });

  test('row 20: of five uses of one proof at once, one is answered', async () => {
    const headers = await owner.headers();
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map(async () => instance.anonymously('{ viewer { id } }', headers)),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401, 401]);
    const refused = answers.find(({ status }) => status === 401);
    expect(refused?.code).toBe('invalid_dpop_proof');
    expect(refused?.headers.get('www-authenticate')).toMatch(
      /^DPoP error="invalid_dpop_proof", error_description="[^"]+", algs="ES256", resource_metadata="[^"]+"$/,
    );
  });

  test('row 21: a bound token as Bearer', async () => {
    const { authorization } = await owner.headers();
    const { status, code, headers } = await instance.anonymously('{ viewer { id } }', {
      authorization: authorization.replace('DPoP', 'Bearer'),
    });
    expect(status).toBe(401);
    expect(code).toBe('invalid_token');
    expect(headers.get('www-authenticate')).toContain('DPoP error="invalid_token"');
  });

  test('row 22: a proof for the name in Host, and for no other', async () => {
    const { port } = new URL(instance.url);
    const body = '{"query":"{ viewer { id } }"}';
    const ask = async (hostname: string, htu: string) => {
      const { authorization, dpop } = await owner.headers(htu);
      return rawRequest(instance.url, {
        method: 'POST',
        path: '/graphql',
        headers: [
          ['Host', `${hostname}:${port}`],
          ['Content-Type', 'application/json'],
          ['Content-Length', String(body.length)],
          ['X-Forwarded-Host', 'proxy.example.com'],
          ['X-Forwarded-Proto', 'https'],
          ['Authorization', authorization],
          ['DPoP', dpop],
        ],
        body,
      });
    };
    expect((await ask('localhost', `http://localhost:${port}/graphql`)).status).toBe(200);
    expect((await ask('localhost', `http://127.0.0.1:${port}/graphql`)).status).toBe(401);
    expect((await ask('127.0.0.1', 'https://proxy.example.com/graphql')).status).toBe(401);
  });

  test('two Authorization headers', async () => {
    const { authorization, dpop } = await owner.headers();
    const body = '{"query":"{ viewer { id } }"}';
    const { status } = await rawRequest(instance.url, {
      method: 'POST',
      path: '/graphql',
      headers: [
        ['Host', new URL(instance.url).host],
        ['Content-Type', 'application/json'],
        ['Content-Length', String(body.length)],
        ['Authorization', authorization],
        ['Authorization', 'DPoP other'],
        ['DPoP', dpop],
      ],
      body,
    });
    expect(status).toBe(401);
  });

  test('row 27: a device whose clock is 120 s off hears by how much', async () => {
    const accessToken = await claimedCloud.accessToken(owner.key);
    const dpop = await signProof({
      key: owner.key,
      accessToken,
      url: `${instance.url}/graphql`,
      now: Math.floor(Date.now() / 1_000) - 120,
    });
    const { status, errors } = await instance.anonymously('{ viewer { id } }', {
      authorization: `DPoP ${accessToken}`,
      dpop,
    });
    expect(status).toBe(401);
    expect(errors[0]?.message).toMatch(
      /The clock of this device is 1(19|20|21) seconds behind the clock of the instance/,
    );
  });

  test('a token signed by somebody who calls himself the cloud', async () => {
    const forger = await createKey();
    const accessToken = await signAccessToken({
      issuer: claimedCloud.issuer,
      resource: `${claimedCloud.issuer}/instances/${claimedCloud.clientId}`,
      jkt: owner.key.jkt,
      kid: claimedCloud.signingKey.kid,
      key: forger.privateKey,
      now: Math.floor(Date.now() / 1_000),
    });
    const dpop = await signProof({
      key: owner.key,
      accessToken,
      url: `${instance.url}/graphql`,
      now: Math.floor(Date.now() / 1_000),
    });
    const { status, errors } = await instance.anonymously('{ viewer { id } }', {
      authorization: `DPoP ${accessToken}`,
      dpop,
    });
    expect(status).toBe(401);
    expect(errors[0]?.message).toContain('signature');
  });

  test('renaming: here, at the cloud, and after a restart', async () => {
    const rename = async (name: string) =>
      owner.ask(
        'mutation ($name: String!) { renameInstance(name: $name) { __typename ... on InstanceRenamed { instance { name } } ... on InvalidName { message } ... on CloudUnavailable { message } } }',
        { name },
      );
    expect((await rename('  Acme, autumn ')).data?.renameInstance).toEqual({
      __typename: 'InstanceRenamed',
      instance: { name: 'Acme, autumn' },
    });
    expect(claimedCloud.name).toBe('Acme, autumn');
    expect((await rename('x'.repeat(65))).data?.renameInstance).toMatchObject({ __typename: 'InvalidName' });
    claimedCloud.fault = ({ method }) => (method === 'PATCH' ? new Response('', { status: 503 }) : undefined);
    expect((await rename('Other')).data?.renameInstance).toMatchObject({
      __typename: 'CloudUnavailable',
      message: expect.stringContaining('503'),
    });
    claimedCloud.fault = () => undefined;
    await instance.down();
    await instance.up();
    expect((await owner.ask('{ instance { name } }')).data).toEqual({ instance: { name: 'Acme, autumn' } });
  });
});
