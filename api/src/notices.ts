import type { Logger } from './logger.ts';

/** What can be wrong with a running instance; the names of GraphQL's `NoticeCode`. */
export const noticeCodes = [
  'CLOUD_UNREACHABLE',
  'REGISTRATION_REFUSED',
  'REGISTRATION_KEY_REFUSED',
  'CREDENTIALS_REFUSED',
  'OTHER_COPY_RUNS',
  'LOCK_LOST',
  'SECRETS_NOT_SAVED',
  'ACTIVITY_NOT_SAVED',
  'CLOCK_SKEW',
  'CLAIM_WINDOW_CLOSED',
  'CLAIM_LOCKED',
] as const;

export type NoticeCode = (typeof noticeCodes)[number];

/** What the terminal says when it is over. */
const endings: Readonly<Record<NoticeCode, string>> = {
  CLOUD_UNREACHABLE: 'The cloud answers again',
  REGISTRATION_REFUSED: 'The cloud registers this instance after all',
  REGISTRATION_KEY_REFUSED: 'The cloud accepts the registration key after all',
  CREDENTIALS_REFUSED: 'The cloud accepts the credentials of this instance again',
  OTHER_COPY_RUNS: 'No other copy of this instance runs any more',
  LOCK_LOST: 'The lock of the data directory is back',
  SECRETS_NOT_SAVED: 'secrets.db can be written again',
  ACTIVITY_NOT_SAVED: 'instance.db can be written again',
  CLOCK_SKEW: 'The clocks of cloud and instance agree again',
  CLAIM_WINDOW_CLOSED: 'The instance was claimed after all',
  CLAIM_LOCKED: 'The instance was claimed after all',
};

/** Something that a person should know, in the page as in the terminal. */
export interface Notice {
  readonly code: NoticeCode;
  readonly message: string;
  readonly since: Date;
}

/** What is wrong now. A notice is logged when it comes and when it goes, not each time that it is found again. */
export class NoticeBoard {
  readonly #notices = new Map<NoticeCode, Notice>();
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #onChange: () => void;

  /**
   * @param now milliseconds since the epoch
   * @param onChange called when a notice came, changed or went
   */
  constructor(logger: Logger, now: () => number, onChange: () => void = () => undefined) {
    this.#logger = logger;
    this.#now = now;
    this.#onChange = onChange;
  }

  /** Oldest first. */
  list(): readonly Notice[] {
    return [...this.#notices.values()];
  }

  raise(code: NoticeCode, message: string): void {
    const known = this.#notices.get(code);
    if (!known) this.#logger.warn({ notice: code }, message);
    this.#notices.set(code, { code, message, since: known?.since ?? new Date(this.#now()) });
    if (known?.message !== message) this.#onChange();
  }

  clear(code: NoticeCode): void {
    if (!this.#notices.delete(code)) return;
    this.#logger.info({ notice: code }, endings[code]);
    this.#onChange();
  }
}
