import type { EndedAccess } from '../access/ended-access.ts';
import type { Clock } from '../clock.ts';
import type { Account, RequestSource } from '../requester.ts';
import { AccountLog } from './account-log.ts';
import { ActivityDatabase, activityUnusable } from './activity-database.ts';
import type { AuditEvent } from './audit-entry.ts';
import { AuditLog } from './audit-log.ts';
import { EndedAccessList } from './ended-access-list.ts';
import { type Refusal, RefusalLog } from './refusal-log.ts';
import { sessionEndOf } from './session-end.ts';
import { SessionsSeen, type SessionToken } from './sessions-seen.ts';
import { WriteBehind, type WriteBehindObserver } from './write-behind.ts';

const hourMilliseconds = 3_600_000;

export interface ActivityOptions extends WriteBehindObserver {
  readonly path: string;
  readonly clock: Clock;
}

/** What happens at this instance, and who uses it, as `instance.db` keeps it. */
export class Activity implements AsyncDisposable {
  readonly audit: AuditLog;
  readonly sessions: SessionsSeen;
  readonly endedAccess: EndedAccessList;
  readonly #refusals: RefusalLog;
  readonly #accounts: AccountLog;
  readonly #writes: WriteBehind;
  readonly #now: () => number;
  readonly #stop: () => Promise<void>;
  #hasStarted = false;

  private constructor(database: ActivityDatabase, { clock, onFailed, onRecovered }: ActivityOptions) {
    const now = () => clock.now();
    this.#now = now;
    const writes = new WriteBehind(database, { onFailed, onRecovered });
    this.#writes = writes;
    this.audit = new AuditLog(database, writes, now);
    this.sessions = new SessionsSeen(database, writes, {
      now,
      onFirstUse: ({ account, source, at }) =>
        this.#accounts.note({ action: 'SIGNED_IN', outcome: 'SUCCEEDED', actor: account, source }, { at }),
      onEndedByCloud: ({ id, name, email }) => {
        const event = {
          action: 'SESSION_ENDED',
          outcome: 'SUCCEEDED',
          detail: `of ${name} (${email})`,
        } as const;
        this.#accounts.note(event, { of: id });
      },
    });
    this.endedAccess = new EndedAccessList(database, now);
    this.#refusals = new RefusalLog((event) => this.audit.record(event));
    this.#accounts = new AccountLog((event, at) => this.audit.record(event, at));
    const stopping = new AbortController();
    const hours = this.#countHours(clock, writes, stopping.signal);
    this.#stop = async () => {
      stopping.abort();
      await hours;
      this.#endHour();
      if (this.#hasStarted) this.audit.record({ action: 'INSTANCE_STOPPED', outcome: 'SUCCEEDED' });
      writes[Symbol.dispose]();
      database[Symbol.dispose]();
    };
  }

  /** @throws {StartupError} as `ActivityDatabase.open` */
  static open(options: ActivityOptions): Activity {
    const database = ActivityDatabase.open(options.path);
    try {
      return new Activity(database, options);
    } catch (error) {
      database[Symbol.dispose]();
      throw activityUnusable(options.path, error);
    }
  }

  /** The instance gave its owner up, and with the owner every session. */
  noteReset(): void {
    this.sessions.forgetAll();
    this.audit.record({ action: 'CREDENTIALS_RESET', outcome: 'SUCCEEDED' });
  }

  /** The instance is ready; from now on its end is worth an entry too. */
  noteStart(version: string): void {
    this.#hasStarted = true;
    this.audit.record({ action: 'INSTANCE_STARTED', outcome: 'SUCCEEDED', detail: `version ${version}` });
    this.#writes.flush();
  }

  /** A request of a member, with a token of the session. */
  noteUse(account: Account, token: SessionToken, source: RequestSource): void {
    this.sessions.use(account, token, source);
  }

  /** The cloud said whose access has ended. @throws the error of SQLite; until a restart, it has ended all the same */
  noteEnded(ended: EndedAccess): void {
    this.endedAccess.end(ended);
    const end = sessionEndOf(ended, this.#now());
    if (end) this.sessions.end(end);
  }

  /** Somebody signed out: no token of that sign-in counts any more. @throws as `noteEnded` */
  noteSignOut(account: Account, { jkt, grantId }: SessionToken, source: RequestSource): void {
    const at = this.#now();
    if (grantId !== undefined)
      this.endedAccess.end({ subject: 'grant', id: grantId, at: Math.floor(at / 1_000) });
    this.sessions.end({ reason: 'SIGNED_OUT', at, account, keyThumbprint: jkt });
    this.#accounts.note({ action: 'SIGNED_OUT', outcome: 'SUCCEEDED', actor: account, source }, { at });
  }

  noteRefusal(refusal: Refusal): void {
    this.#refusals.note(refusal);
  }

  /** Something that an account did, or the instance for it. */
  noteAct(event: AuditEvent, at?: number): void {
    this.#accounts.note(event, { at });
  }

  /** Writes what is pending and closes the database. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }

  #endHour(): void {
    this.#refusals.endHour();
    this.#accounts.endHour();
  }

  async #countHours(clock: Clock, writes: WriteBehind, signal: AbortSignal): Promise<void> {
    for (;;) {
      await clock.sleep(hourMilliseconds, signal).catch(() => undefined);
      if (signal.aborted) return;
      this.#endHour();
      // Also when nothing happens, old entries go.
      writes.schedule();
    }
  }
}
