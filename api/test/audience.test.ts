import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCloud } from './test-cloud.ts';
import { TestBrowser, TestInstance } from './test-instance.ts';

const numbers = [0, 1, 2, 3, 4] as const;

let cloud: TestCloud;
let instances: TestInstance[];
let browsers: TestBrowser[];

beforeAll(async () => {
  cloud = await TestCloud.start();
  instances = [];
  browsers = [];
  // One after the other, all for the same workspace: nothing but the audience tells their tokens apart.
  for (const _ of numbers) {
    const instance = await TestInstance.start(cloud);
    instances.push(instance);
    await instance.untilRegistered();
    const { data } = await instance.anonymously('{ instance { resource } }');
    const own = data?.instance as { resource: string } | undefined;
    const browser = await TestBrowser.create(instance, { aud: own?.resource });
    browsers.push(browser);
    expect(await browser.claim(await instance.claimCode())).toMatchObject({ __typename: 'InstanceClaimed' });
  }
});
afterAll(async () => {
  for (const instance of instances) await instance[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
});

describe('row 18: a token is good at the one instance that it was issued for', () => {
  const pairs = numbers.flatMap((token) => numbers.map((at) => [token, at] as const));
  test.each(pairs)('token of instance %i at instance %i', async (token, at) => {
    const [browser, instance] = [browsers[token], instances[at]];
    if (!browser || !instance) throw new Error('There are five of each.');
    // The proof is for where the request goes, as a malicious instance could have it made.
    const headers = await browser.headers(`${instance.url}/graphql`);
    const { status, code, data, errors } = await instance.anonymously('{ instance { name } }', headers);
    if (token === at) {
      expect([status, data]).toEqual([200, { instance: { name: 'Lab' } }]);
    } else {
      expect([status, code, data]).toEqual([401, 'invalid_token', undefined]);
      expect(errors[0]?.message).toContain('for another instance (aud)');
    }
  });
});
