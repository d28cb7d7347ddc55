import { expect, test } from 'vitest';
import { ann, bob } from '../../test/activity-place.ts';
import { AccountLog } from './account-log.ts';
import type { AuditEvent } from './audit-entry.ts';

const renamed = { action: 'INSTANCE_RENAMED', outcome: 'SUCCEEDED', actor: ann } as const;

function start() {
  const events: AuditEvent[] = [];
  return { events, log: new AccountLog((event) => events.push(event)) };
}

test('row 64: who does the same again and again makes eleven entries an hour', () => {
  const { events, log } = start();
  const source = { address: '192.0.2.1', userAgent: 'curl/8.0' };
  for (let time = 0; time < 10_000; time += 1) log.note({ ...renamed, source });
  expect(events).toEqual(Array.from({ length: 10 }, () => ({ ...renamed, source })));
  log.endHour();
  expect(events.slice(10)).toEqual([{ ...renamed, detail: '9990 more within an hour.' }]);
  log.note(renamed);
  log.endHour();
  expect(events).toHaveLength(12);
});

test('it hides neither what others do nor anything else', () => {
  const { events, log } = start();
  for (let time = 0; time < 100; time += 1) log.note(renamed);
  const others = [
    { ...renamed, actor: bob },
    { ...renamed, outcome: 'FAILED' },
    { ...renamed, action: 'SIGNED_IN' },
    { ...renamed, actor: undefined },
  ] as const;
  for (const event of others) log.note(event);
  expect(events.slice(10)).toEqual(others);
});

test('what happens to an account is counted for it, and the rest says whose it was', () => {
  const { events, log } = start();
  const ended = (name: string) =>
    ({ action: 'SESSION_ENDED', outcome: 'SUCCEEDED', detail: `of ${name}` }) as const;
  for (let time = 0; time < 12; time += 1) log.note(ended('Ann'), { of: ann.id });
  log.note(ended('Bob'), { of: bob.id });
  expect(events).toHaveLength(11);
  log.endHour();
  expect(events.slice(10)).toEqual([ended('Bob'), ended('Ann: 2 more within an hour.')]);
});
