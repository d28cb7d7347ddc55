import { join } from 'node:path';
import { ActivityDatabase } from '../src/activity/activity-database.ts';
import { type AuditLimits, AuditLog } from '../src/activity/audit-log.ts';
import { EndedAccessList } from '../src/activity/ended-access-list.ts';
import { SessionsSeen, type SessionToken } from '../src/activity/sessions-seen.ts';
import { WriteBehind } from '../src/activity/write-behind.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export const ann = { id: 'account-1', name: 'Ann', email: 'ann@example.test' };
export const bob = { id: 'account-2', name: 'Bob', email: 'bob@example.test' };
export const somewhere = { address: '192.0.2.1', userAgent: 'Firefox/140.0' };

/** What a token says of the session with that key. */
export function tokenOf(jkt: string, changes: Partial<SessionToken> = {}): SessionToken {
  return { jkt, grantId: `grant of ${jkt}`, iat: Date.UTC(2026, 10, 23) / 1_000, ...changes };
}

/** A directory with an `instance.db` of its own, and a clock that stands still. */
export class ActivityPlace implements AsyncDisposable {
  readonly path: string;
  /** Milliseconds since the epoch. */
  time = Date.UTC(2026, 10, 23);
  readonly failures: unknown[] = [];
  recoveries = 0;
  /** `account key` of each first use of a session. */
  readonly firstUses: string[] = [];
  /** Account of each session that the cloud has ended. */
  readonly endedByCloud: string[] = [];
  readonly #resources = new AsyncDisposableStack();

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<ActivityPlace> {
    const directory = await temporaryDirectory();
    const place = new ActivityPlace(join(directory.path, 'instance.db'));
    place.#resources.use(directory);
    return place;
  }

  readonly now = (): number => this.time;

  open({ auditLimits, sessions }: { auditLimits?: AuditLimits; sessions?: number } = {}) {
    const database = this.#resources.use(ActivityDatabase.open(this.path));
    const writes = this.#resources.use(
      new WriteBehind(database, {
        onFailed: (error) => void this.failures.push(error),
        onRecovered: () => {
          this.recoveries += 1;
        },
      }),
    );
    const audit = new AuditLog(database, writes, this.now, auditLimits);
    return {
      database,
      writes,
      audit,
      endedAccess: new EndedAccessList(database, this.now),
      sessions: new SessionsSeen(database, writes, {
        now: this.now,
        onFirstUse: ({ account, token }) => void this.firstUses.push(`${account.id} ${token.jkt}`),
        onEndedByCloud: ({ id }) => void this.endedByCloud.push(id),
        ...(sessions !== undefined && { capacity: sessions }),
      }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}
