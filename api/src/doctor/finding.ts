import type { StartupError } from '../errors.ts';

/** What a check found: that all is well, or what is not, with the one thing to do about it. */
export type Finding =
  | { readonly check: string; readonly verdict: 'ok'; readonly message: string }
  | {
      readonly check: string;
      /** A warning is no reason to call the instance unwell. */
      readonly verdict: 'warning' | 'problem';
      readonly message: string;
      /** One sentence, or a second one for when the first cannot be followed. */
      readonly remedy: string;
    };

export function ok(check: string, message: string): Finding {
  return { check, verdict: 'ok', message };
}

export function warning(check: string, message: string, remedy: string): Finding {
  return { check, verdict: 'warning', message, remedy };
}

export function problem(check: string, message: string, remedy: string): Finding {
  return { check, verdict: 'problem', message, remedy };
}

/** A message of Holdfast as a problem: its first sentence says what is so, the others what to do. */
export function problemOf(check: string, error: Pick<StartupError, 'message'>): Finding {
  const [message = '', ...remedies] = error.message.split(/(?<=\.) (?=[A-Z])/);
  return problem(check, message, remedies.join(' ') || 'Mend that and run holdfast doctor again.');
}
