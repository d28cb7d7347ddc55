import { randomBytes } from 'node:crypto';

/** What a trusted proxy says of a request from an address that nobody else has, so that no limit meets it. */
export function anotherNetwork(): { 'x-forwarded-for': string } {
  return { 'x-forwarded-for': `10.${[...randomBytes(3)].join('.')}` };
}
