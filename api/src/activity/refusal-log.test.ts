import { expect, test } from 'vitest';
import { ann, bob } from '../../test/activity-place.ts';
import type { AuditEvent } from './audit-entry.ts';
import { RefusalLog } from './refusal-log.ts';

function start() {
  const events: AuditEvent[] = [];
  return { events, log: new RefusalLog((event) => events.push(event)) };
}

const refusal = (address: string, code = 'invalid_token', account = undefined as typeof ann | undefined) => ({
  ...{ code, message: 'The access token is malformed.', account },
  source: { address, userAgent: 'curl/8.0' },
});

test('the first refusal of a kind is told at once, how many followed when the hour is over', () => {
  const { events, log } = start();
  for (let time = 0; time < 12; time += 1) log.note(refusal('192.0.2.1'));
  const first = {
    ...{ action: 'ACCESS_REFUSED', outcome: 'REFUSED', actor: undefined },
    source: { address: '192.0.2.1', userAgent: 'curl/8.0' },
  };
  expect(events).toEqual([{ ...first, detail: 'The access token is malformed.' }]);
  log.endHour();
  expect(events.slice(1)).toEqual([
    { ...first, detail: '11 more like this. The access token is malformed.' },
  ]);
  log.endHour();
  expect(events).toHaveLength(2);
});

test('an address, an account and a reason of their own make a kind of their own', () => {
  const { events, log } = start();
  for (let time = 0; time < 3; time += 1) {
    log.note(refusal('192.0.2.1'));
    log.note(refusal('192.0.2.2'));
    log.note(refusal('192.0.2.1', 'invalid_dpop_proof'));
    log.note(refusal('192.0.2.1', 'access_denied', ann));
    log.note(refusal('192.0.2.1', 'access_denied', bob));
  }
  expect(events.map(({ actor }) => actor?.name)).toEqual([undefined, undefined, undefined, 'Ann', 'Bob']);
});

test('a flood from everywhere makes 41 entries an hour at most', () => {
  const { events, log } = start();
  for (let hour = 1; hour <= 3; hour += 1) {
    for (let index = 0; index < 10_000; index += 1)
      log.note(refusal(`2001:${(index % 5_000).toString(16)}::1`));
    log.endHour();
    expect(events.length).toBe(41 * hour);
  }
  expect(events.at(-1)).toEqual({
    ...{ action: 'ACCESS_REFUSED', outcome: 'REFUSED' },
    detail: '9960 more, from other addresses.',
  });
});

test('one network, with however many addresses, does not use up what there is for others', () => {
  const { events, log } = start();
  for (let index = 1; index <= 100; index += 1) log.note(refusal(`2001:db8::${index}`));
  expect(events).toHaveLength(4);
  log.note(refusal('192.0.2.1'));
  expect(events.at(-1)?.source?.address).toBe('192.0.2.1');
});

test.each([
  ['/56', 8, (index: string) => `2001:db8:1:${index}::1`],
  ['/48', 12, (index: string) => `2001:db8:1:${index}00::1`],
  ['/32', 16, (index: string) => `2001:db8:${index}::1`],
])('nor does a %s, with however many networks of its own', (_network, count, write) => {
  const { events, log } = start();
  for (let index = 0; index < 100; index += 1) log.note(refusal(write(index.toString(16))));
  expect(events).toHaveLength(count);
  log.note(refusal('192.0.2.1'));
  expect(events.at(-1)?.source?.address).toBe('192.0.2.1');
});

test('noise of nobody known, or of strangers, does not hide that a token of a member is misused', () => {
  const { events, log } = start();
  for (let index = 0; index < 100; index += 1) {
    log.note(refusal(`${index + 1}.51.100.1`));
    log.note(refusal(`203.0.113.${index}`, 'access_denied', { ...bob, id: `stranger-${index}` }));
  }
  expect(events).toHaveLength(30);
  log.note(refusal('192.0.2.1', 'invalid_dpop_proof', ann));
  expect(events.at(-1)).toMatchObject({ actor: ann, source: { address: '192.0.2.1' } });
  log.endHour();
  expect(events.at(-1)?.detail).toBe('170 more, from other addresses.');
});

test('a token that is misused from everywhere does not hide that of another account', () => {
  const { events, log } = start();
  for (let index = 0; index < 100; index += 1)
    log.note(refusal(`198.51.100.${index}`, 'invalid_dpop_proof', ann));
  expect(events).toHaveLength(4);
  log.note(refusal('192.0.2.1', 'invalid_dpop_proof', bob));
  expect(events.at(-1)?.actor).toEqual(bob);
});
