import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AuthenticationOptions, mayStay } from './access/authentication.ts';
import { ChangeConfirmation } from './access/change-confirmation.ts';
import { DpopVerifier } from './access/dpop.ts';
import { DpopNonces, demandAfterStart, type NonceDemand } from './access/dpop-nonce.ts';
import { ReplayStore } from './access/replay-store.ts';
import { accountOf, TokenVerifier } from './access/token-verification.ts';
import { Activity } from './activity/activity.ts';
import type { AuditEvent } from './activity/audit-entry.ts';
import { ClaimCodeGate, generateClaimCode } from './claim/claim-code.ts';
import { removeClaimCodeFile, writeClaimCodeFile } from './claim/claim-code-file.ts';
import { ClaimStore } from './claim/claim-store.ts';
import { InstanceClaiming } from './claim/instance-claim.ts';
import { InstanceNaming } from './claim/instance-naming.ts';
import { type Clock, systemClock } from './clock.ts';
import { CloudConnection } from './cloud-client/cloud-connection.ts';
import { type InstanceApi, recordOwner } from './cloud-client/ownership.ts';
import { readRegistration, resourceOf } from './cloud-client/registration.ts';
import { pollSecurityEvents, securityEventsPath } from './cloud-client/security-event-poll.ts';
import type { InstanceConfig, ListenAddress } from './config.ts';
import { type ConfirmReset, forgetReset, openForReset, type ResetContext } from './credentials-reset.ts';
import { diskSteps, type FileSteps } from './data-directory/atomic-file.ts';
import { type DataDirectory, openDataDirectory } from './data-directory/data-directory.ts';
import { describeError, isSystemError, StartupError, sqliteWriteProblem, unwritable } from './errors.ts';
import type { GraphQLHandler, GraphQLHandlerOptions } from './graphql-server.ts';
import { createFarEnd } from './http/client-address.ts';
import { EventStreams } from './http/event-streams.ts';
import { createHostCheck } from './http/host-check.ts';
import { RequestLimits } from './http/request-limits.ts';
import { createHttpServer, createRequestListener } from './http-server.ts';
import {
  activityNotSavedMessage,
  claimLockedMessage,
  claimWindowClosedMessage,
  LiveInstance,
  webClientId,
} from './instance-model.ts';
import { keptPromise } from './kept-promise.ts';
import { weaknessOfKeyPlace } from './key-place.ts';
import { listen, patienceMilliseconds } from './listeners.ts';
import { watchLock } from './lock-watch.ts';
import { createProcessLogger, type Logger } from './logger.ts';
import { isLoopbackName } from './loopback.ts';
import { NoticeBoard } from './notices.ts';
import { noteOtherCopy } from './other-copy.ts';
import { type Reach, reachWarnings } from './reach-config.ts';
import type { PassphraseReader } from './secrets/key-source.ts';
import { SecretsStore, secretsLocationIn } from './secrets/secrets-store.ts';
import type { openCertificate } from './tls/instance-certificate.ts';
import { version } from './version.ts';

/** An instance that is listening. Disposing of it closes its sockets, ends its work and releases its data directory. */
export interface Instance extends AsyncDisposable {
  /** Where its pages are, without a trailing slash. */
  readonly url: string;
  /** The address of its pages with the claim code in the fragment; undefined once claimed, and where a key does that. */
  readonly claimUrl: string | undefined;
  /** Absolute, symbolic links resolved. */
  readonly dataPath: string;
  /** The issuer identifier of its cloud. */
  readonly cloud: string;
  /** SHA-256 of its certificate, if it made that itself: what browsers show before they are told to trust it. */
  readonly selfSignedFingerprint: string | undefined;
  /** Resolves with what a person does about it when the cloud refuses the registration key: nobody will get in so. */
  readonly keyRefused: Promise<string>;
}

/** What an instance may have to ask whoever starts it. */
export interface StartupQuestions {
  /** Asked when the secrets are protected by a passphrase. */
  readonly passphrase?: PassphraseReader | undefined;
  /** Asked when the instance is about to register: with what key, so that it is somebody's at once. */
  readonly registrationKey?: (() => Promise<string>) | undefined;
  /** Given when the instance is to start over: asked right before it does. */
  readonly confirmReset?: ConfirmReset | undefined;
}

/** What tests replace. */
export interface InstanceOverrides {
  readonly logger?: Logger;
  /** Towards the cloud. */
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  /** Uniform in [0, 1), for the jitter of the back-off. */
  readonly random?: () => number;
  /** How long the cloud may take to answer a request. */
  readonly cloudTimeoutMilliseconds?: number;
  /** The disk, but for what SQLite does there. */
  readonly steps?: FileSteps;
}

/**
 * Starts an instance: the only place where its parts meet. It neither ends the process nor listens to signals.
 *
 * @throws {StartupError} with nothing left open
 */
export async function createInstance(
  config: InstanceConfig,
  questions: StartupQuestions = {},
  overrides: InstanceOverrides = {},
): Promise<Instance> {
  try {
    return await start(config, questions, overrides);
  } catch (error) {
    throw isSystemError(error) ? unwritable(config.dataPath, error) : error;
  }
}

async function start(
  config: InstanceConfig,
  asked: StartupQuestions,
  overrides: InstanceOverrides,
): Promise<Instance> {
  const questions = withKeyBeforeReset(asked);
  const { steps = diskSteps } = overrides;
  const logger = overrides.logger ?? (await createProcessLogger());
  const clock = overrides.clock ?? systemClock;
  const now = () => clock.now();
  await using resources = new AsyncDisposableStack();

  const dataDirectory = resources.use(await openDataDirectory(config.dataPath, { steps }));
  let wasReset = false;
  const onReset = () => {
    wasReset = true;
  };
  const secrets = resources.use(
    await openSecrets(config, questions, dataDirectory, { logger, now, onReset, steps }),
  );
  const registrationKey = await keyForRegistration(secrets, questions, logger);
  const stopping = new AbortController();
  let model: LiveInstance | undefined;
  const announceChange = () => model?.announceChange();
  const notices = new NoticeBoard(logger, now, announceChange);
  resources.use(watchLock(dataDirectory, notices));
  const activity = resources.use(openActivity(dataDirectory, { clock, notices, logger }));
  if (wasReset) activity.noteReset();
  const record = (event: AuditEvent, at?: number) => activity.noteAct(event, at);
  const gate = new ClaimCodeGate(generateClaimCode(), now, config.claimWindowSeconds);
  const claims = new ClaimStore(secrets, config.cloud);
  let windowEnd: Promise<void> | undefined;

  const connection = new CloudConnection({
    issuer: config.cloud,
    softwareVersion: version,
    secrets,
    notices,
    logger,
    clock,
    fetch: overrides.fetch ?? fetch,
    random: overrides.random ?? Math.random,
    signal: stopping.signal,
    timeoutMilliseconds: overrides.cloudTimeoutMilliseconds,
    registrationKey,
    onRegisteredByKey: ({ workspace }) => {
      logger.info({ workspace: workspace.id }, 'claimed by registration key');
      record({ action: 'CLAIMED', outcome: 'SUCCEEDED', detail: 'by registration key' });
      announceChange();
    },
    onConnected: async (api) => {
      if (!windowEnd) gate.restartWindow();
      windowEnd ??= announceWindowEnd({ clock, signal: stopping.signal, gate, claims, notices });
      await claiming.resume();
      await naming.adopt();
      announceChange();
      polling ??= pollEvents(api);
    },
    onRefused: () => streams.review(),
  });
  const naming = new InstanceNaming({ api: connection.api, secrets, claims, record, now });
  const confirmation = new ChangeConfirmation({
    isActive: async (accessToken) => connection.isActive(accessToken),
    now,
  });
  let polling: Promise<void> | undefined;
  const pollEvents = (api: InstanceApi): Promise<void> | undefined => {
    if (connection.metadata?.securityEventsEndpoint !== `${config.cloud}${securityEventsPath}`)
      return undefined;
    return pollSecurityEvents({
      api,
      keys: connection.keys,
      issuer: config.cloud,
      clientId: () => connection.registration?.clientId,
      onEnded: (ended) => {
        activity.noteEnded(ended);
        streams.review();
      },
      onContact: () => {
        confirmation.noteContact();
        connection.keys.refreshIfOld();
      },
      onOtherRun: (since) => noteOtherCopy(since, { notices, record }),
      notices,
      logger,
      clock,
      random: overrides.random ?? Math.random,
      signal: stopping.signal,
    });
  };
  const claiming = new InstanceClaiming({
    store: claims,
    gate,
    recordOwner: async (workspace) => recordOwner(connection.api, workspace),
    now,
    onClaimed: async ({ workspace }, by) => {
      notices.clear('CLAIM_WINDOW_CLOSED');
      notices.clear('CLAIM_LOCKED');
      logger.info({ workspace: workspace.id }, 'claimed');
      record({ action: 'CLAIMED', outcome: 'SUCCEEDED', actor: by?.account, source: by?.source });
      announceChange();
      await removeClaimCodeFile(dataDirectory.claimCodePath).catch((error: unknown) => {
        logger.error({ err: describeError(error) }, 'the file of the spent claim code could not be removed');
      });
    },
    onWrongCode: ({ id }, triesLeft, { account, source }) => {
      record({ action: 'CLAIM_CODE_REFUSED', outcome: 'REFUSED', actor: account, source });
      if (triesLeft === 0) record({ action: 'CLAIM_LOCKED', outcome: 'REFUSED', actor: account, source });
      logger.warn(
        { workspace: id, triesLeft },
        triesLeft > 0
          ? 'Somebody entered a wrong claim code'
          : 'Somebody entered a wrong claim code for the last time: that workspace is locked out until the next start',
      );
    },
    onLocked: () => notices.raise('CLAIM_LOCKED', claimLockedMessage),
  });

  // The claim code's address needs the port, and requests wait for the rest.
  const { promise: ready, resolve: becomeReady } = Promise.withResolvers<RequestListener>();
  const answer: RequestListener = (incoming, outgoing) => {
    void ready.then((listener) => listener(incoming, outgoing));
  };
  const reach = config.reach ?? {};
  const certificate = reach.tls && resources.use(await openTls(config.listen, reach, secrets, now));
  const background: Promise<void>[] = [];
  resources.defer(async () => {
    stopping.abort();
    await Promise.all(background);
    await polling;
    await windowEnd;
  });
  const { clientAddressOf, schemeOf, peerNetworksOf } = createFarEnd(reach.trustedProxies);
  const listeners = resources.use(
    await listen(() => createHttpServer(answer, peerNetworksOf, certificate), config.listen),
  );
  const address: ListenAddress = { host: config.listen.host, port: listeners.port };
  const url = reach.publicUrl ?? urlOf(address, certificate ? 'https' : 'http');
  model = new LiveInstance({
    issuer: config.cloud,
    dataPath: dataDirectory.path,
    startedAt: new Date(now()),
    secrets,
    naming,
    connection,
    claims,
    claiming,
    notices,
    record,
    endSession: (claims, source) => {
      activity.noteSignOut(accountOf(claims), claims, source);
      streams.review();
    },
  });
  const authentication = authenticationFor(config.cloud, {
    ...{ connection, claims, activity, now },
    nonceDemand: nonceDemandFor(reach, connection, now),
  });
  const streams = resources.use(new EventStreams(clock, (access) => mayStay(access, authentication)));
  becomeReady(
    createRequestListener({
      url,
      originOf: createHostCheck({ ...reach, address, schemeOf }),
      origins: { allowedOrigins: config.allowedOrigins, allowLoopback: isForThisMachineOnly(config) },
      protectedResource: () =>
        model.resource === undefined ? undefined : { resource: model.resource, issuer: config.cloud },
      webApp: config.webApp,
      logger,
      authentication,
      confirmation,
      limits: new RequestLimits({ clientAddressOf, authentication, now }),
      graphql: graphqlLoadedLater({ instance: model, activity, logger }),
      streams,
      clientAddressOf,
      observer: activity,
    }),
  );

  const takesClaimCode = claims.claim === undefined && registrationKey === undefined;
  if (!takesClaimCode) await removeClaimCodeFile(dataDirectory.claimCodePath);
  else await writeClaimCodeFile(dataDirectory.claimCodePath, gate.code, steps);

  const { promise: keyRefused, resolve: noteKeyRefused } = Promise.withResolvers<string>();
  const connect = async () => {
    await connectAfterHeadStart(connection, stopping.signal);
    const refusal = notices.list().find(({ code }) => code === 'REGISTRATION_KEY_REFUSED');
    if (refusal) noteKeyRefused(refusal.message);
  };
  background.push(connect());
  background.push(loadTheRest(stopping.signal));
  if (certificate) background.push(certificate.keepFresh({ clock, signal: stopping.signal, logger }));
  // Requests that wait for the cloud may go on doing so for a while, and get an answer in any case.
  resources.defer(() => void setTimeout(() => stopping.abort(), patienceMilliseconds).unref());
  activity.noteStart(version);
  // Whoever has asked already is answered before this is told.
  await sleep(1);
  logger.info({ dataPath: dataDirectory.path, cloud: config.cloud }, 'the instance is ready');
  const weakness = weaknessOfKeyPlace(secrets.protection);
  for (const { message, remedy } of [...(weakness ? [weakness] : []), ...reachWarnings(address.host, reach)])
    logger.warn(`${message} ${remedy}`);

  const open = resources.move();
  return {
    url,
    get claimUrl() {
      return takesClaimCode && !claims.claim ? `${url}/#claim=${gate.codeOfAddress}` : undefined;
    },
    dataPath: dataDirectory.path,
    cloud: config.cloud,
    get selfSignedFingerprint() {
      return reach.tls?.kind === 'self-signed' ? certificate?.fingerprint : undefined;
    },
    keyRefused,
    [Symbol.asyncDispose]: async () => open.disposeAsync(),
  };
}

/** @throws {StartupError} `cloud_changed`, or what `SecretsStore.open` and `openForReset` throw */
async function openSecrets(
  config: InstanceConfig,
  { passphrase, confirmReset }: StartupQuestions,
  dataDirectory: DataDirectory,
  { steps, ...resetContext }: ResetContext & { steps: FileSteps },
): Promise<SecretsStore> {
  const location = { ...secretsLocationIn(dataDirectory, { ...config.keys, passphrase }), steps };
  using opened = new DisposableStack();
  const secrets = opened.use(
    await (confirmReset ? openForReset(location, confirmReset, resetContext) : SecretsStore.open(location)),
  );
  await dataDirectory.recordSecrets(secrets.dataDirectoryId);
  const registered = readRegistration(secrets)?.issuer;
  if (registered !== undefined && registered !== config.cloud) {
    throw new StartupError(
      'cloud_changed',
      `The instance in ${dataDirectory.path} is registered at the cloud ${registered}, not at ${config.cloud}. Start it with --cloud ${registered}, or choose another directory with --data-path.`,
    );
  }
  if (!confirmReset) await forgetReset(secrets, location);
  opened.move();
  return secrets;
}

/** A key that cannot be read is found before the reset that makes it necessary, not after. */
function withKeyBeforeReset(questions: StartupQuestions): StartupQuestions {
  const { confirmReset } = questions;
  if (!questions.registrationKey || !confirmReset) return questions;
  const registrationKey = keptPromise(questions.registrationKey);
  return {
    ...questions,
    registrationKey,
    confirmReset: async (reset) => {
      await registrationKey();
      return confirmReset(reset);
    },
  };
}

/**
 * With what key the instance is to register; undefined if it is registered, or for nobody. A file that stays is not read.
 *
 * @throws {StartupError} `key_unusable`
 */
async function keyForRegistration(
  secrets: SecretsStore,
  { registrationKey }: StartupQuestions,
  logger: Logger,
): Promise<string | undefined> {
  if (!registrationKey) return undefined;
  if (!readRegistration(secrets)) return registrationKey();
  if (!secrets.read('instance_claim')) {
    logger.warn(
      'The registration key is not used: the instance is registered already, and nobody owns it. Claim it with its claim code, or add --reset-credentials to register it anew with the key.',
    );
  }
  return undefined;
}

/** @throws {StartupError} what `Activity.open` throws */
function openActivity(
  { activityPath }: DataDirectory,
  { clock, notices, logger }: { clock: Clock; notices: NoticeBoard; logger: Logger },
): Activity {
  return Activity.open({
    path: activityPath,
    clock,
    onFailed: (error) => {
      const problem = sqliteWriteProblem(error);
      if (problem !== undefined) logger.error(`instance.db could not be written: ${problem}`);
      else logger.error({ err: describeError(error) }, 'instance.db could not be written');
      notices.raise('ACTIVITY_NOT_SAVED', activityNotSavedMessage);
    },
    onRecovered: () => notices.clear('ACTIVITY_NOT_SAVED'),
  });
}

function authenticationFor(
  issuer: string,
  {
    connection,
    claims,
    activity,
    now,
    nonceDemand,
  }: {
    connection: CloudConnection;
    claims: ClaimStore;
    activity: Activity;
    now: () => number;
    nonceDemand: NonceDemand | undefined;
  },
): AuthenticationOptions {
  let verifier: TokenVerifier | undefined;
  let audience: string | undefined;
  return {
    tokens: () => {
      const { registration } = connection;
      const resource = registration && resourceOf(registration);
      // Known once the instance is registered; one that nobody claimed may register anew while it runs.
      if (resource !== undefined && resource !== audience) {
        audience = resource;
        verifier = new TokenVerifier({ issuer, resource, clientId: webClientId }, connection.keys, now);
      }
      return verifier;
    },
    proofs: new DpopVerifier(new ReplayStore(), now, nonceDemand),
    ownerWorkspace: () => claims.owner,
    isForgotten: () => connection.isRefused,
    hasEnded: (token) => activity.endedAccess.has(token),
  };
}

/** Which proofs used before the start are refused; before an instance is registered, none can have been. */
function nonceDemandFor(
  { dpopNonce = false }: Reach,
  { registration }: CloudConnection,
  now: () => number,
): NonceDemand | undefined {
  const nonces = new DpopNonces(now);
  if (dpopNonce) return { nonces, madeUntil: Number.POSITIVE_INFINITY };
  return registration && demandAfterStart(nonces, now());
}

/** Whoever waits for a page goes first: Node.js takes 20 ms to load its `fetch`, and answers nothing meanwhile. */
const headStartMilliseconds = 25;

async function connectAfterHeadStart(connection: CloudConnection, signal: AbortSignal): Promise<void> {
  await sleep(headStartMilliseconds, undefined, { signal }).catch(() => undefined);
  await connection.run();
}

/** GraphQL is most of the code, and a start waits for none of it. */
function graphqlLoadedLater(options: GraphQLHandlerOptions): GraphQLHandler {
  const handler = keptPromise(async () =>
    (await import('./graphql-server.ts')).createGraphQLHandler(options),
  );
  return async (...request) => (await handler())(...request);
}

const restMilliseconds = 500;

/** Loads what no start needs before somebody waits for it, and before a new build takes the place of this one. */
async function loadTheRest(signal: AbortSignal): Promise<void> {
  await sleep(restMilliseconds, undefined, { signal }).catch(() => undefined);
  if (!signal.aborted) await Promise.all([import('./graphql-server.ts'), import('./http/files.ts')]);
}

/** Says so when nobody claimed the instance in time. */
async function announceWindowEnd({
  clock,
  signal,
  gate: { windowSeconds },
  claims,
  notices,
}: {
  clock: Clock;
  signal: AbortSignal;
  gate: ClaimCodeGate;
  claims: ClaimStore;
  notices: NoticeBoard;
}): Promise<void> {
  if (claims.claim) return;
  await clock.sleep(windowSeconds * 1_000, signal).catch(() => undefined);
  if (signal.aborted || claims.claim) return;
  notices.raise('CLAIM_WINDOW_CLOSED', claimWindowClosedMessage(windowSeconds));
}

/** Loaded where it is configured: Node's own TLS takes 4 ms of a start. */
const openTls: typeof openCertificate = async (...options) =>
  (await import('./tls/instance-certificate.ts')).openCertificate(...options);

/** A proxy on this machine may publish what listens on loopback. */
function isForThisMachineOnly({ listen, reach }: InstanceConfig): boolean {
  const published = reach?.publicUrl === undefined || isLoopbackName(new URL(reach.publicUrl).hostname);
  return isLoopbackName(listen.host) && published;
}

/** The address that people open: on this machine for an instance that listens on all its addresses. */
function urlOf({ host, port }: ListenAddress, scheme: 'http' | 'https'): string {
  const name =
    host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  return new URL(`${scheme}://${name}:${port}`).origin;
}
