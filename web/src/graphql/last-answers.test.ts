import { type Client, gql } from 'urql';
import { beforeEach, expect, it, vi } from 'vitest';
import { type Answer, FakeNetwork, json, silence } from '../../test/fake-network.ts';
import { baseUrl } from '../../test/sessions.ts';
import { instanceClient } from './client.ts';

const query = gql('query Name { instance { name } }');
const named = json({ data: { instance: { __typename: 'Instance', name: 'Lab' } } });
let network: FakeNetwork;
let client: Client;
let own = 0;

beforeEach(() => {
  network = new FakeNetwork();
  vi.stubGlobal('fetch', network.fetch);
  own += 1;
  client = instanceClient(`${baseUrl}:${own}`);
});

/** Asks once for each answer. Returns the last result. */
async function ask(...answers: Answer[]) {
  network.answer(`POST ${baseUrl}:${own}/graphql`, ...answers);
  const asked = () => client.query(query, {}, { requestPolicy: 'network-only' }).toPromise();
  for (const _ of answers.slice(1)) await asked();
  return await asked();
}

it('a query whose instance is silent keeps the answer before, and says that it failed', async () => {
  const { data, error } = await ask(named, silence);
  expect(data).toEqual({ instance: { __typename: 'Instance', name: 'Lab' } });
  expect(error?.networkError).toBeInstanceOf(TypeError);
});

it('goes on keeping it while the silence lasts', async () => {
  expect((await ask(named, silence, silence)).data).toBeDefined();
});

it('has nothing to keep before the first answer', async () => {
  expect((await ask(silence)).data).toBeUndefined();
});

it('keeps nothing that the instance has refused since', async () => {
  const refused = json({ errors: [{ message: 'No.' }] }, { status: 403 });
  expect((await ask(named, refused, silence)).data ?? undefined).toBeUndefined();
});

it('is there at once for whoever asks later, with the failure', async () => {
  await ask(named, silence);
  const { data, error } = await client.query(query, {}, { requestPolicy: 'cache-only' }).toPromise();
  expect(data).toBeDefined();
  expect(error?.networkError).toBeInstanceOf(TypeError);
});
