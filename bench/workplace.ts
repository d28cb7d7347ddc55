import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScriptedAccount } from '../e2e/scripted-client.ts';
import { freePorts } from '../e2e/test-network.ts';
import { anotherNetwork } from './another-network.ts';
import type { HelperProcess } from './helper-process.ts';
import { claimBy, type EnteredInstance, InstanceAccess } from './instance-access.ts';
import { resourceOf } from './owned-instance.ts';
import { serveInstance } from './serve-commands.ts';
import { StartedProcess } from './started-process.ts';

export interface WorkplaceOptions {
  readonly cloudUrl: string;
  readonly operator: HelperProcess<string[]>;
  /** For the data of the instance. */
  readonly root: string;
  /** Unlike that of any other. */
  readonly name: string;
}

/** Somebody with an account at the cloud. */
export interface Colleague {
  readonly email: string;
  /** The session in which the account was made. */
  readonly session: ScriptedAccount;
}

/** A workspace with its instance, which `holdfast serve` serves, and with somebody who never leaves it. */
export class Workplace implements AsyncDisposable {
  readonly #options: WorkplaceOptions;
  readonly #dispose: () => Promise<void>;
  readonly #entered: EnteredInstance;
  readonly #founder: Colleague;
  #accounts = 0;

  private constructor(
    options: WorkplaceOptions,
    entered: EnteredInstance,
    founder: Colleague,
    dispose: () => Promise<void>,
  ) {
    this.#options = options;
    this.#dispose = dispose;
    this.#entered = entered;
    this.#founder = founder;
  }

  static async open(options: WorkplaceOptions): Promise<Workplace> {
    const { cloudUrl, root, name } = options;
    const [port] = (await freePorts(1)) as [number];
    const served = serveInstance({ root, port }, cloudUrl, '--trusted-proxy', '127.0.0.1');
    await using opened = new AsyncDisposableStack();
    opened.use(await StartedProcess.start({ ...served, path: '/healthz' }));
    const instanceUrl = `http://127.0.0.1:${port}`;
    const entered = { cloudUrl, instanceUrl, resource: await resourceOf(instanceUrl) };
    const founder = await signUp(cloudUrl, `founder-${name}@example.test`);
    using access = await InstanceAccess.signIn(entered, founder.session);
    await claimBy(access, readFileSync(join(root, 'instance', 'claim-code'), 'utf8').trim());
    const open = opened.move();
    return new Workplace(options, entered, founder, async () => open.disposeAsync());
  }

  get cloudUrl(): string {
    return this.#options.cloudUrl;
  }

  /** What the founder has, who is an owner all the time. */
  async accessOfFounder(): Promise<InstanceAccess> {
    return this.enter(this.#founder.session);
  }

  /** Somebody new. */
  async newAccount(): Promise<Colleague> {
    this.#accounts += 1;
    return signUp(this.cloudUrl, `colleague-${this.#accounts}-${this.#options.name}@example.test`);
  }

  /** Somebody new who belongs to the workspace. */
  async newMember(role = 'member'): Promise<Colleague> {
    const colleague = await this.newAccount();
    await this.setRole(colleague, role);
    return colleague;
  }

  async enter(session: ScriptedAccount): Promise<InstanceAccess> {
    return InstanceAccess.signIn(this.#entered, session);
  }

  async setRole({ email }: Colleague, role: string): Promise<void> {
    await this.#options.operator.ask(['members', 'set', this.#founder.email, email, role]);
  }

  async remove({ email }: Colleague): Promise<void> {
    await this.#options.operator.ask(['members', 'remove', this.#founder.email, email]);
  }

  async disable({ email }: Colleague): Promise<void> {
    await this.#options.operator.ask(['accounts', 'disable', email]);
  }

  async enable({ email }: Colleague): Promise<void> {
    await this.#options.operator.ask(['accounts', 'enable', email]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispose();
  }
}

/** Another session of somebody. */
export async function signInAgain(cloudUrl: string, { email }: Colleague): Promise<ScriptedAccount> {
  return ScriptedAccount.signIn(cloudUrl, email, anotherNetwork());
}

async function signUp(cloudUrl: string, email: string): Promise<Colleague> {
  return { email, session: await ScriptedAccount.signUp(cloudUrl, email, anotherNetwork()) };
}
