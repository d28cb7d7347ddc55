import type { RequestListener } from 'node:http';
import { deleteAccount } from './accounts/account-deletion.ts';
import { AccountSessions } from './accounts/account-sessions.ts';
import { openAccounts } from './accounts/accounts.ts';
import { Invites } from './accounts/invites.ts';
import { assertLiveSession } from './accounts/live-session.ts';
import { AccountLinks } from './accounts/mail/account-links.ts';
import { logMailer, smtpMailer } from './accounts/mail/mailer.ts';
import { OneTimeTokens } from './accounts/one-time-tokens.ts';
import { Passkeys } from './accounts/passkeys/passkeys.ts';
import { SecretSealer } from './accounts/second-factor/sealed-secret.ts';
import { SecondFactorAttempts } from './accounts/second-factor/second-factor-attempts.ts';
import { SecondFactors } from './accounts/second-factor/second-factors.ts';
import { type CloudConfig, defaultMailFrom, type ListenAddress, parseIssuer } from './config.ts';
import { openDataDirectory } from './data-directory/data-directory.ts';
import { bindToIssuer, openDatabase } from './database/database.ts';
import { DeviceApproval } from './device-approval/device-approval.ts';
import { KnownOrigins } from './device-approval/known-origins.ts';
import { describeError, StartupError } from './errors.ts';
import { peerNetworksOf } from './http/client-address.ts';
import { FailedAuthentications } from './http/failed-authentications.ts';
import { isLoopbackHostname } from './http/loopback.ts';
import { trustedProxies } from './http/trusted-proxies.ts';
import { UnfinishedRequests } from './http/unfinished-requests.ts';
import { createHttpServer, createRequestListener } from './http-server.ts';
import { Instances } from './instances/instances.ts';
import { instanceRemoval } from './instances/removal.ts';
import { removeAbandoned } from './instances/unclaimed.ts';
import { defaultLifetimes, lifetimeRanges } from './lifetimes.ts';
import { listen } from './listeners.ts';
import { createLogger, type Logger } from './logger.ts';
import { sweepExpired } from './provider/adapter.ts';
import { deriveFlowSecrets } from './provider/flow-secrets.ts';
import { createAuthorizationServer } from './provider/provider.ts';
import { InstanceResources } from './provider/resource-server.ts';
import { readOrCreateServerKeys } from './provider/signing-keys.ts';
import { RegistrationKeys } from './registration-keys/registration-keys.ts';
import { SecurityEventSigner } from './security-events/security-event-token.ts';
import { SecurityEvents } from './security-events/security-events.ts';
import { sweepSignIns } from './sign-ins/sign-ins.ts';
import { admissions } from './workspaces/admissions.ts';
import { Members } from './workspaces/members.ts';
import { Workspaces } from './workspaces/workspaces.ts';

/** A cloud that is listening. Disposing of it closes its sockets and its database. */
export interface Cloud extends AsyncDisposable {
  /** Its issuer identifier, which is also the address of its pages. */
  readonly url: string;
  readonly dataPath: string;
}

/** What tests replace. */
export interface CloudOverrides {
  readonly logger?: Logger;
}

const sweepIntervalMilliseconds = 60_000;

/**
 * Starts a cloud: the only place where its parts meet. It neither ends the process nor listens to signals.
 *
 * @throws {StartupError} with nothing left open
 */
export async function createCloud(config: CloudConfig, overrides: CloudOverrides = {}): Promise<Cloud> {
  const logger = overrides.logger ?? createLogger();
  const { lifetimes = defaultLifetimes } = config;
  await using resources = new AsyncDisposableStack();

  const dataDirectory = resources.use(openDataDirectory(config.dataPath));
  // The issuer is known once the port is, so the sockets come first; requests wait for the rest.
  const { promise: ready, resolve: becomeReady } = Promise.withResolvers<RequestListener>();
  const answer: RequestListener = (incoming, outgoing) => {
    void ready.then((listener) => listener(incoming, outgoing));
  };
  const proxies = trustedProxies(config.trustedProxies);
  const unfinishedRequests = new UnfinishedRequests({
    peerNetworksOf: (socket) => peerNetworksOf(socket, proxies),
  });
  const listeners = resources.use(
    await listen(() => createHttpServer(answer, unfinishedRequests), config.listen),
  );
  const issuer = config.issuer ?? issuerOf({ ...config.listen, port: listeners.port });

  const database = await openDatabase(dataDirectory.file('cloud.db'));
  resources.defer(async () => database.destroy());
  await bindToIssuer(database, issuer, config.dataPath);
  const keys = readOrCreateServerKeys(dataDirectory.file('keys.json'), logger);

  const { cookieSecret } = keys;
  const oneTimeTokens = new OneTimeTokens(database);
  const secondFactorAttempts = new SecondFactorAttempts();
  const secondFactors = new SecondFactors(
    database,
    new SecretSealer(cookieSecret),
    `Holdfast ${new URL(issuer).host}`,
  );
  const { signUp = 'open' } = config;
  const { smtp, mailFrom = defaultMailFrom(issuer) } = config;
  const mailer = smtp ? smtpMailer(smtp, mailFrom, logger) : logMailer(logger);
  const links = new AccountLinks({ issuer, database, tokens: oneTimeTokens, mailer, logger });
  const passkeys = new Passkeys(database, oneTimeTokens, issuer);
  const invites = new Invites(oneTimeTokens);
  const accounts = await openAccounts({
    issuer,
    database,
    cookieSecret,
    secondFactors,
    secondFactorAttempts,
    oneTimeTokens,
    links,
    passkeys,
    requiresVerification: mailer.sendsMail,
    signUp,
    invites,
    logger,
  });
  const workspaces = new Workspaces(database);
  const instances = new Instances(database);
  const instanceResources = new InstanceResources(issuer);

  const events = new SecurityEvents({
    database,
    signer: new SecurityEventSigner(issuer, keys.signingKeys),
    issuer,
    resources: instanceResources,
    longestAccessTokenSeconds: lifetimeRanges.access_token.longest,
  });
  const members = new Members({ issuer, events, resources: instanceResources });

  const admit = admissions(database, workspaces);
  const onDeregistered = (clientId: string) => events.dismiss(clientId);
  const failedAuthentications = new FailedAuthentications();
  const authorizationServer = createAuthorizationServer(
    issuer,
    {
      database,
      keys,
      lifetimes,
      resources: instanceResources,
      isRegistered: async (clientId) => instances.isRegistered(clientId),
      admit,
      onRevoked: async (grantId, resource) => events.sessionRevoked(grantId, resource),
      onDeregistered,
      failedAuthentications,
    },
    logger,
  );
  const knownOrigins = await KnownOrigins.load(database);
  const deviceApproval = new DeviceApproval({
    issuer,
    database,
    provider: authorizationServer.provider,
    resources: instanceResources,
    instances,
    workspaces,
    knownOrigins,
    secrets: deriveFlowSecrets(keys.dpopNonceSecret),
    assertLiveSession,
  });

  const sweep = async () => {
    try {
      const removed = await removeAbandoned(database, instanceResources);
      if (removed > 0) logger.info({ removed }, 'removed instances that nobody has claimed');
      await Promise.all([sweepExpired(database), events.sweep()]);
      await sweepSignIns(database);
    } catch (error) {
      logger.error({ err: describeError(error) }, 'expired records could not be deleted');
    }
  };
  await sweep();
  const sweeper = setInterval(() => void sweep(), sweepIntervalMilliseconds);
  sweeper.unref();
  resources.defer(() => clearInterval(sweeper));

  becomeReady(
    createRequestListener({
      issuer,
      webApp: config.webApp,
      trustedProxies: proxies,
      unfinishedRequests,
      logger,
      accounts,
      sessions: new AccountSessions(database, events),
      secondFactors,
      secondFactorAttempts,
      links,
      passkeys,
      invites,
      registrationKeys: new RegistrationKeys(database),
      removeInstance: instanceRemoval({ database, resources: instanceResources, onDeregistered, logger }),
      deleteAccount: async (account) => deleteAccount(events, members, account),
      sendsMail: mailer.sendsMail,
      signUp,
      failedAuthentications,
      authorizationServer,
      deviceApproval,
      knownOrigins,
      instances,
      events,
      workspaces,
    }),
  );
  // The last to open is the first to close: requests under way still find everything they need, and wait no longer.
  resources.defer(async () => {
    events[Symbol.dispose]();
    await listeners[Symbol.asyncDispose]();
  });
  logger.info({ issuer, dataPath: config.dataPath }, 'the cloud is ready');
  // Nobody waits for it: people sign in also while it is away.
  void mailer.check();

  const open = resources.move();
  return { url: issuer, dataPath: config.dataPath, [Symbol.asyncDispose]: async () => open.disposeAsync() };
}

/**
 * The issuer of a cloud that was not given one: the address it listens on, if that is one that people can type.
 *
 * @throws {StartupError} `invalid_configuration`
 */
function issuerOf({ host, port }: ListenAddress): string {
  const hostname = host.includes(':') ? `[${host}]` : host;
  if (!isLoopbackHostname(hostname)) {
    throw new StartupError(
      'invalid_configuration',
      `A cloud that listens on ${host} needs --issuer: the https address by which browsers and instances reach it.`,
    );
  }
  return parseIssuer(`http://${hostname}:${port}`);
}
