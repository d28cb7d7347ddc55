import { act, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { pageOf, seenSession } from '../../../test/activity.ts';
import { EventStream } from '../../../test/event-stream.ts';
import { json, neverAnswered, silence } from '../../../test/fake-network.ts';
import { InstanceServer } from '../../../test/instance-server.ts';
import { renderInApp } from '../../../test/render.tsx';
import { storeSession } from '../../../test/sessions.ts';
import { InstanceClient } from '../InstanceClient.tsx';
import { SessionsPage } from './SessionsPage.tsx';

const baseUrl = location.origin;
let server: InstanceServer;

beforeEach(async () => {
  server = new InstanceServer(baseUrl);
  vi.stubGlobal('fetch', server.fetch);
  await storeSession({}, baseUrl);
});

async function open() {
  return await renderInApp(
    <InstanceClient baseUrl={baseUrl}>
      <SessionsPage />
    </InstanceClient>,
  );
}

const rows = async () =>
  within(await screen.findByRole('list', { name: 'Sessions' })).findAllByRole('listitem');

it('says of each session who, in which browser, from where and when, and which is this one', async () => {
  server.answerOperation(
    'Sessions',
    pageOf('sessions', [
      seenSession('1', { userAgent: null, firstAddress: null, lastAddress: null }),
      seenSession('2', { isCurrent: true, lastAddress: '127.0.0.1' }),
    ]),
  );
  await open();
  const [own, other] = await rows();
  for (const words of [
    ...['Firefox 140 on Linux', 'this browser', 'Ada Lovelace', 'ada@example.test', 'Last used'],
    ...['Last from 127.0.0.1 (the computer that runs this instance)', 'from 192.0.2.1', 'First used'],
  ]) {
    expect(own?.textContent).toContain(words);
  }
  expect(own?.querySelector('time')?.getAttribute('datetime')).toBe('2026-11-23T12:00:00.000Z');
  expect(other?.textContent).toContain('A program that does not say its name');
  expect(other?.textContent).not.toContain('this browser');
  expect(other?.textContent).not.toContain('from');
});

it('those of the person who looks can be ended at the cloud, those of others and ended ones cannot', async () => {
  const other = { __typename: 'Account' as const, id: 'account-2', name: 'Bob', email: 'bob@example.test' };
  server.answerOperation(
    'Sessions',
    pageOf('sessions', [seenSession('1', { isCurrent: true }), seenSession('2', { account: other })]),
  );
  const endedAt = '2026-11-23T12:05:00.000Z';
  server.answerOperation('EndedSessions', pageOf('sessions', [seenSession('3', { endedAt })]));
  await open();
  const link = await screen.findByRole('link', { name: 'End it at your cloud' });
  expect(link.getAttribute('href')).toBe('https://cloud.test/security');
  expect((await rows())[0]?.contains(link)).toBe(true);
});

describe('a session that has ended', () => {
  const ended = (id: string, changes: Parameters<typeof seenSession>[1] = {}) =>
    seenSession(id, { endedAt: '2026-11-23T12:05:00.000Z', endReason: 'SIGNED_OUT', ...changes });

  it.each([
    ['SIGNED_OUT', 'Signed out', 'Somebody signed out in this browser.'],
    ['ENDED_AT_CLOUD', 'Ended at the cloud', 'on the security page'],
    ['ACCESS_REMOVED', 'Access removed', 'all that this account had open'],
    ['EXPIRED', 'Expired', 'The cloud lets no sign-in become older.'],
    ['OF_THE_FUTURE' as 'EXPIRED', 'Ended', ''],
    [null, 'Ended', ''],
  ] as const)('by %s is listed below those that go on, with when and why', async (endReason, title, why) => {
    server.answerOperation('Sessions', pageOf('sessions', [seenSession('2', { isCurrent: true })]));
    server.answerOperation('EndedSessions', pageOf('sessions', [ended('1', { endReason })]));
    await open();
    const list = await screen.findByRole('list', { name: 'Ended sessions' });
    const [row] = within(list).getAllByRole('listitem');
    for (const words of [title, why, 'Ended', 'Last used', 'from 192.168.1.9', 'ada@example.test'])
      expect(row?.textContent).toContain(words);
    expect(row?.querySelector('time')?.getAttribute('datetime')).toBe('2026-11-23T12:05:00.000Z');
    const live = (await rows())[0];
    expect(live?.textContent).not.toContain('Ended');
    expect(live && live.compareDocumentPosition(list) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
    expect(screen.getByRole('heading', { level: 2, name: 'Ended' })).toBeTruthy();
  });

  it('is not shown among those that go on, whose list was answered before it ended', async () => {
    server.answerOperation('Sessions', pageOf('sessions', [seenSession('2'), seenSession('1')]));
    server.answerOperation('EndedSessions', pageOf('sessions', [ended('1')]));
    await open();
    await screen.findByRole('list', { name: 'Ended sessions' });
    expect(await rows()).toHaveLength(1);
  });

  it('moves there by itself', async () => {
    const stream = new EventStream();
    server.answerOperation('AuditEntryAdded', stream.answer);
    server.answerOperation(
      'Sessions',
      pageOf('sessions', [seenSession('2'), seenSession('1')]),
      pageOf('sessions', [seenSession('2')]),
    );
    server.answerOperation('EndedSessions', pageOf('sessions', []), pageOf('sessions', [ended('1')]));
    await open();
    expect(await rows()).toHaveLength(2);
    await waitFor(() => expect(server.operations('AuditEntryAdded')).toHaveLength(1));
    act(() => stream.next({ data: { auditEntryAdded: { __typename: 'AuditEntry', id: '9' } } }));
    await screen.findByRole('list', { name: 'Ended sessions' });
    expect(await rows()).toHaveLength(1);
  });

  it('may be one that nobody has used for longer than sign-ins are kept', async () => {
    vi.setSystemTime(Date.parse('2026-11-23T12:00:00.000Z'));
    const [before, after] = ['2026-11-09T11:59:59.000Z', '2026-11-09T12:00:01.000Z'];
    server.answerOperation(
      'Sessions',
      pageOf('sessions', [seenSession('2', { lastUsedAt: after }), seenSession('1', { lastUsedAt: before })]),
    );
    await open();
    await screen.findByText(/Not used for 14 days. It has ended since, unless/);
    const [recent, old] = await rows();
    expect(recent?.textContent).not.toContain('Unused');
    expect(old?.textContent).toContain('Unused');
    vi.useRealTimers();
  });
});

it('is inert text, whatever a program calls itself', async () => {
  server.answerOperation('Sessions', pageOf('sessions', [seenSession('1', { userAgent: '<b>x</b>' })]));
  await open();
  expect((await rows())[0]?.textContent).toContain('Not a known browser: <b>x</b>');
  expect(document.querySelector('b')).toBeNull();
});

it('says that they are loading', async () => {
  server.answerOperation('Sessions', neverAnswered);
  await open();
  expect(screen.getByRole('status').textContent).toContain('Loading the sessions');
});

it('says why they cannot be read, tries again, and says that there are none', async () => {
  server.answerOperation(
    'Sessions',
    silence,
    json({ errors: [{ message: 'This instance has no owner yet.' }] }, { status: 403 }),
    pageOf('sessions', []),
  );
  const { user } = await open();
  expect((await screen.findByRole('alert')).textContent).toContain('The instance gave no answer.');
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByText('This instance has no owner yet.');
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByText('Nobody has used this instance yet.');
});

it('is loaded page by page', async () => {
  server.answerOperation(
    'Sessions',
    pageOf('sessions', [seenSession('3'), seenSession('2')], true),
    pageOf('sessions', [seenSession('1')]),
  );
  const { user } = await open();
  await user.click(await screen.findByRole('button', { name: 'Load more' }));
  await screen.findByText('That is all.');
  expect(await rows()).toHaveLength(3);
  expect(server.operations('Sessions').map(({ variables }) => variables)).toEqual([{}, { after: 'after 2' }]);
});
