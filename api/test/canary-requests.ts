import type { CanaryScene } from './canary-scene.ts';
import { quoting } from './test-cloud.ts';
import { rawRequest, TestBrowser } from './test-instance.ts';

/** What a member can read. */
const everything = `{
  viewer { id name email role claimTriesLeft workspace { id name } }
  instance {
    id name state version resource dataPath startedAt claimWindow claimWindowEnd notices { code message since }
    cloud { issuer clientId deviceAuthorizationEndpoint tokenEndpoint } owner { claimedAt workspace { id name } }
    secretsProtection { keyId keySource keyLocation }
  }
  auditEntries(first: 100) { edges { cursor node { id action actor { id } address userAgent detail } } pageInfo { endCursor } }
  sessions { edges { cursor node { id account { id } userAgent firstAddress lastAddress } } pageInfo { endCursor } }
}`;

/** Sends secrets to every endpoint, in all the ways that clients get wrong. @returns the statuses that came back */
export async function knock(scene: CanaryScene, url: string): Promise<Set<number>> {
  const { host } = new URL(url);
  const statuses = new Set<number>();
  const send = async (
    path: string,
    headers: Record<string, string> | [string, string][],
    body?: string,
  ): Promise<void> => {
    const given = Array.isArray(headers) ? headers : Object.entries(headers);
    const hasHost = given.some(([name]) => name.toLowerCase() === 'host');
    const answer = await rawRequest(url, {
      method: body === undefined ? 'GET' : 'POST',
      path,
      headers: [
        ...(hasHost ? [] : [['Host', host] as [string, string]]),
        ...given,
        ...(body === undefined
          ? []
          : [['Content-Length', String(Buffer.byteLength(body))] as [string, string]]),
      ],
      body,
    });
    statuses.add(answer.status);
    scene.keepAnswer(JSON.stringify(answer));
  };
  scene.mayBeAnswered('malformed JSON', 'a field', 'a claim code of the wrong type', 'a name');
  const json = { 'Content-Type': 'application/json' };
  const graphql = async (query: string, headers: Record<string, string> = {}, variables = {}) =>
    send('/graphql', { ...json, ...headers }, JSON.stringify({ query, variables }));

  for (const path of ['/healthz', '/', '/graphql', '/nowhere']) {
    await send(`${path}?q=${scene.plantWord(`the query of ${path}`)}`, {
      Authorization: `Bearer ${scene.plantWord(`a token for ${path}`)}`,
      Cookie: `session=${scene.plantWord(`a cookie for ${path}`)}`,
      DPoP: scene.plantWord(`a proof for ${path}`),
      'X-Api-Key': scene.plantWord(`a key for ${path}`),
    });
    await send(path, { Host: `${scene.plantWord(`a host for ${path}`)}.test` });
    await send(path, { Origin: `https://${scene.plantWord(`an origin for ${path}`)}.test` });
  }
  await send('/graphql', { 'Content-Type': `text/${scene.plantWord('a media type')}` }, '{}');
  await send('/graphql', json, `{"query": "${scene.plant('malformed JSON')}`);
  await send('/graphql', json, JSON.stringify({ query: scene.plant('a big body').repeat(6_000) }));
  await graphql(`{ ${scene.plantWord('a field')} }`);
  await graphql(`{ "${scene.plant('a query that is none')}`);
  await graphql('{ viewer { id } }', { Authorization: `Bearer ${scene.plantWord('an opaque token')}` });
  await graphql('{ viewer { id } }', { Authorization: scene.plant('an odd Authorization header') });

  const ann = await TestBrowser.create(scene.place);
  const tokens = async (browser = ann) => {
    const { authorization, dpop } = await browser.headers(`${url}/graphql`);
    scene.watch(`an access token ${Math.random()}`, authorization.slice(5));
    scene.watch(`a proof ${Math.random()}`, dpop);
    return { Authorization: authorization, DPoP: dpop };
  };
  const challenged = await rawRequest(url, {
    ...{ method: 'POST', path: '/graphql', body: '{"query":"{ viewer { id } }"}' },
    headers: Object.entries({ Host: host, ...json, ...(await tokens()), 'Content-Length': '29' }),
  });
  ann.hearNonce(challenged.headers['dpop-nonce']);
  await graphql('{ viewer { id } }', await tokens());
  const replayed = await tokens();
  for (let use = 0; use < 2; use += 1) await graphql('{ viewer { id } }', replayed);
  const { Authorization, DPoP } = await tokens();
  await graphql('{ viewer { id } }', { Authorization: `${Authorization}x`, DPoP });
  await graphql('{ viewer { id } }', { Authorization, DPoP: `${DPoP}x` });
  await graphql('{ viewer { id } }', { Authorization: Authorization.replace('DPoP', 'Bearer'), DPoP });
  await send(
    '/graphql',
    [...Object.entries(json), ['Authorization', Authorization], ['Authorization', 'DPoP x'], ['DPoP', DPoP]],
    '{"query":"{ viewer { id } }"}',
  );

  const claim = 'mutation ($code: String!) { claimInstance(code: $code) { __typename } }';
  await graphql(claim, await tokens(), { code: scene.plant('a wrong claim code') });
  await graphql(claim, await tokens(), { code: { nested: scene.plant('a claim code of the wrong type') } });
  await graphql(claim, await tokens(), { code: await scene.place.claimCode() });
  const stranger = await TestBrowser.create(scene.place, { sub: 'account-2', workspace: 'workspace-2' });
  await graphql('{ viewer { id } }', await tokens(stranger));
  const rename = 'mutation ($name: String!) { renameInstance(name: $name) { __typename } }';
  await graphql(rename, await tokens(), { name: scene.plant('a name') });
  await graphql(rename, await tokens(), { name: scene.plant('a long name').repeat(9) });
  await graphql(everything, await tokens());
  scene.cloud.fault = quoting(500, '/api/instance');
  await graphql(rename, await tokens(), { name: scene.plant('a name that the cloud fails at') });
  return statuses;
}
