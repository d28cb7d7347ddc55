import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ScriptedAccount } from '../e2e/scripted-client.ts';
import { repositoryRoot } from '../scripts/builds.cjs';
import { ensureWebApp } from '../scripts/web-app.ts';
import { approvalAtBareProvider, approvalAtCloud } from './approvals.ts';
import { type Figure, figureOf } from './figures.ts';
import { MeasuredServer } from './measured-server.ts';
import { Person } from './signing-in.ts';

// As many at once as a small company has on a Monday morning; each waits for its own answers only.
const people = 16;
const loginsEach = 4;
const refreshesEach = 10;
const rounds = 21;
const warmUpRounds = 10;

/** What a sign-in and a renewal of its tokens cost the cloud, against oidc-provider alone. */
export async function measureCloud(): Promise<readonly Figure[]> {
  await ensureWebApp();
  // On a disk and not in /tmp, which may be memory.
  const root = mkdtempSync(join(repositoryRoot, 'node_modules', '.cache', 'holdfast-bench-'));
  try {
    await using cloud = await MeasuredServer.start('cloud.ts', [root]);
    await using floor = await MeasuredServer.start('bare-oidc-provider.ts');
    using atCloud = await Crowd.of(cloud, async (index) => ownerOfAnInstance(cloud.url, index));
    using atFloor = await Crowd.of(floor, async (index) => userOfBareProvider(floor.url, index));
    return [
      ...(await compare('device logins', loginsEach, async (person) => person.signIn(), atCloud, atFloor)),
      ...(await compare('refreshes', refreshesEach, async (person) => person.refresh(), atCloud, atFloor)),
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

type Act = (person: Person) => Promise<unknown>;

interface Rate {
  /** By the clock. */
  readonly perSecond: number;
  /** Per second of the server's processor time: what the machine does besides does not count, waiting for the disk neither. */
  readonly perProcessorSecond: number;
}

/** People who all use one server. */
class Crowd implements Disposable {
  readonly #server: MeasuredServer;
  readonly #people: readonly Person[];

  private constructor(server: MeasuredServer, people: readonly Person[]) {
    this.#server = server;
    this.#people = people;
  }

  static async of(server: MeasuredServer, person: (index: number) => Promise<Person>): Promise<Crowd> {
    return new Crowd(server, await Promise.all(Array.from({ length: people }, (_, index) => person(index))));
  }

  /** Lets everybody act so often, one thing after the other, all at the same time. */
  async rateOf(act: Act, times: number): Promise<Rate> {
    for (const person of this.#people) person.prepare(times);
    const before = await this.#server.usage();
    const startedAt = performance.now();
    await Promise.all(
      this.#people.map(async (person) => {
        for (let time = 0; time < times; time += 1) await act(person);
      }),
    );
    const seconds = (performance.now() - startedAt) / 1_000;
    const after = await this.#server.usage();
    const count = times * this.#people.length;
    return { perSecond: count / seconds, perProcessorSecond: (count / (after.cpu - before.cpu)) * 1e6 };
  }

  [Symbol.dispose](): void {
    for (const person of this.#people) person[Symbol.dispose]();
  }
}

/** In turns, so that what else the machine does hits both sides alike. */
async function compare(
  what: string,
  times: number,
  act: Act,
  atCloud: Crowd,
  atFloor: Crowd,
): Promise<Figure[]> {
  const [ours, theirs]: [Rate[], Rate[]] = [[], []];
  for (let round = 0; round < warmUpRounds + rounds; round += 1) {
    const rates = [await atFloor.rateOf(act, times), await atCloud.rateOf(act, times)] as const;
    // By then V8 has optimised what it will.
    if (round < warmUpRounds) continue;
    theirs.push(rates[0]);
    ours.push(rates[1]);
  }
  const ratios = (measure: keyof Rate) =>
    ours.map((rate, round) => rate[measure] / (theirs[round] as Rate)[measure]);
  const values = (measure: keyof Rate) => ours.map((rate) => rate[measure]);
  const floor = 'bare oidc-provider with its memory store';
  return [
    figureOf(`${what}/s ÷ ${floor}`, ratios('perSecond'), { atLeast: 0.7 }),
    figureOf(`${what} per second of processor time ÷ ${floor}`, ratios('perProcessorSecond')),
    figureOf(`${what}/s`, values('perSecond')),
    figureOf(`${what} per second of processor time`, values('perProcessorSecond')),
  ];
}

/** Registers an instance and lets a new account own it: what most sign-ins are to. */
async function ownerOfAnInstance(cloudUrl: string, index: number): Promise<Person> {
  const { credentials: session } = await ScriptedAccount.signUp(cloudUrl, `owner${index}@example.test`);
  const metadata = { client_name: 'Bench', grant_types: ['client_credentials'] };
  const { client_id: clientId, client_secret: clientSecret } = await send<Record<string, string>>(
    `${cloudUrl}/reg`,
    {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ ...metadata, redirect_uris: [], response_types: [] }),
    },
  );
  const person = await Person.with({
    cloudUrl,
    resource: `${cloudUrl}/instances/${clientId}`,
    approve: approvalAtCloud(cloudUrl, session),
  });
  person.prepare(1);
  const { access_token: token } = await person.signIn();
  const { workspace } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    string
  >;
  const credentials = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  const { access_token: instanceToken } = await send<Record<string, string>>(`${cloudUrl}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  await send(`${cloudUrl}/api/instance/owner`, {
    method: 'PUT',
    headers: { ...json, authorization: `Bearer ${instanceToken}` },
    body: JSON.stringify({ workspace }),
  });
  return person;
}

async function userOfBareProvider(cloudUrl: string, index: number): Promise<Person> {
  const signedIn = await fetch(`${cloudUrl}/sign-in`);
  const cookie = signedIn.headers
    .getSetCookie()
    .map((header) => header.split(';', 1)[0])
    .join('; ');
  return Person.with({
    cloudUrl,
    resource: `${cloudUrl}/instances/${index}`,
    approve: approvalAtBareProvider(cookie),
  });
}

const json = { 'content-type': 'application/json' };

async function send<Body>(url: string, init: RequestInit): Promise<Body> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Body;
}
