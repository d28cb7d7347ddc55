import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { HttpError } from '../errors.ts';
import type { FailedAuthentications } from '../http/failed-authentications.ts';
import { readJsonObject } from '../http/json-body.ts';
import { parsePollRequest } from '../security-events/poll-request.ts';
import type { SecurityEvents } from '../security-events/security-events.ts';
import { maximumNameLength, parseInstanceName } from './instance-name.ts';
import { representation } from './instance-representation.ts';
import type { Instance, Instances } from './instances.ts';

export interface InstanceApiContext {
  readonly issuer: string;
  readonly instances: Instances;
  readonly events: SecurityEvents;
  readonly failedAuthentications: FailedAuthentications;
  readonly clientIdOfInstanceToken: (token: string) => Promise<string | undefined>;
}

/** Less than proxies wait for an answer. */
const longestPollMilliseconds = 25_000;

type InstanceEnvironment = { Bindings: HttpBindings; Variables: { instance: Instance } };

/** The instance's own API, `/api/instance`, with its instance token as bearer token (RFC 6750). */
export function instanceApi({
  issuer,
  instances,
  events,
  failedAuthentications,
  clientIdOfInstanceToken,
}: InstanceApiContext): Hono<InstanceEnvironment> {
  const api = new Hono<InstanceEnvironment>();

  api.use(async (c, next) => {
    const authorization = c.req.header('authorization');
    const token = /^Bearer ([\w\-.~+/]+=*)$/i.exec(authorization ?? '')?.[1];
    const clientId = token === undefined ? undefined : await clientIdOfInstanceToken(token);
    const instance = clientId === undefined ? undefined : await instances.find(clientId);
    if (!instance) {
      throw failedAuthentications.count(c.env.incoming) ?? unauthorized(issuer, authorization !== undefined);
    }
    c.set('instance', instance);
    await next();
  });

  api.get('/', (c) => c.json(representation(c.get('instance'))));

  api.put('/owner', async (c) => {
    const { workspace } = await readJsonObject(c);
    if (typeof workspace !== 'string' || workspace === '') {
      throw new HttpError(400, 'invalid_request', 'The body must be {"workspace": "<workspace ID>"}.');
    }
    const outcome = await instances.claim(c.get('instance'), workspace);
    if (outcome === 'not_approved') {
      throw new HttpError(
        403,
        'not_approved',
        'Nobody of that workspace approved a login for this instance. Sign in to it first.',
      );
    }
    if (outcome === 'already_claimed') {
      throw new HttpError(409, 'already_claimed', 'This instance already belongs to another workspace.');
    }
    return c.json(representation(await current(instances, c.get('instance'))));
  });

  api.patch('/', async (c) => {
    const { name } = await readJsonObject(c);
    const parsedName = typeof name === 'string' ? parseInstanceName(name) : undefined;
    if (parsedName === undefined) {
      throw new HttpError(
        400,
        'invalid_request',
        `A name has 1 to ${maximumNameLength} characters, and none that cannot be seen.`,
      );
    }
    if (!(await instances.rename(c.get('instance').clientId, parsedName))) {
      throw new HttpError(409, 'unclaimed', 'An instance gets a name when it is claimed. Claim it first.');
    }
    return c.json(representation(await current(instances, c.get('instance'))));
  });

  /** Whoever removed an instance before it was known to wait did not wake it. */
  const dismissIfGone = async (clientId: string) => {
    if (!(await instances.isRegistered(clientId))) events.dismiss(clientId);
  };

  // RFC 8936: delivers security events to the instance, which waits for them here.
  api.post('/events', async (c) => {
    const { clientId } = c.get('instance');
    const request = parsePollRequest(await readJsonObject(c));
    const { acknowledged, limit, returnImmediately } = request;
    let run = await events.acknowledge(await events.see(clientId, request.run), acknowledged);
    let delivery = await events.pending(run, limit);
    const isEmpty = Object.keys(delivery.sets).length === 0;
    // Of its own kind of news, which it should not wait for either.
    const isToldOfOther = request.run === undefined || run.otherSince === request.otherRunSince;
    if (isEmpty && limit > 0 && !returnImmediately && isToldOfOther) {
      await Promise.all([
        events.untilPublished(run, longestPollMilliseconds, c.req.raw.signal),
        dismissIfGone(clientId),
      ]);
      if (!(await instances.find(clientId))) throw unauthorized(issuer, true);
      run = await events.see(clientId, request.run);
      delivery = await events.pending(run, limit);
    }
    return c.json({ ...delivery, otherRunSince: run.otherSince });
  });

  return api;
}

/** RFC 6750 section 3.1: no error code for a request that carried no credentials at all. */
function unauthorized(issuer: string, hadCredentials: boolean): HttpError {
  const challenge = `Bearer realm="${issuer}"`;
  return new HttpError(
    401,
    'invalid_token',
    'The instance API needs a valid instance token. Get one from the token endpoint with client credentials.',
    { 'WWW-Authenticate': hadCredentials ? `${challenge}, error="invalid_token"` : challenge },
  );
}

async function current(instances: Instances, { clientId }: Instance): Promise<Instance> {
  const instance = await instances.find(clientId);
  if (!instance) throw new TypeError('the instance is gone');
  return instance;
}
