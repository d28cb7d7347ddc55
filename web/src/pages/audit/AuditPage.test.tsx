import { act, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { auditEntry, pageOf } from '../../../test/activity.ts';
import { EventStream } from '../../../test/event-stream.ts';
import { json, neverAnswered, silence } from '../../../test/fake-network.ts';
import { InstanceServer } from '../../../test/instance-server.ts';
import { renderInApp } from '../../../test/render.tsx';
import { storeSession } from '../../../test/sessions.ts';
import type { AuditAction } from '../../graphql/generated/graphql.ts';
import { InstanceClient } from '../InstanceClient.tsx';
import { AuditPage } from './AuditPage.tsx';

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
      <AuditPage />
    </InstanceClient>,
  );
}

const answerPages = (...answers: Parameters<typeof pageOf>[1][]) =>
  server.answerOperation('AuditEntries', ...answers.map((nodes) => pageOf('auditEntries', nodes)));
const rows = async () =>
  within(await screen.findByRole('list', { name: 'Audit log' })).findAllByRole('listitem');
const titles = () =>
  within(screen.getByRole('list', { name: 'Audit log' }))
    .getAllByRole('listitem')
    .map((row) => row.querySelector('strong')?.textContent);
const asked = () => server.operations('AuditEntries').map(({ variables }) => variables);
const entriesOf = (actions: AuditAction[], from = 1) =>
  actions.map((action, index) => auditEntry(String(from + actions.length - index), { action }));

describe('an entry', () => {
  it('says what happened, how, who did it, from where and when', async () => {
    answerPages([auditEntry('1', { outcome: 'FAILED', detail: 'at the cloud' })]);
    await open();
    const [row] = await rows();
    for (const words of [
      ...['Instance renamed', 'Failed', 'Ada Lovelace', 'ada@example.test'],
      ...['192.0.2.1', 'Firefox 140 on Linux', 'at the cloud'],
    ]) {
      expect(row?.textContent).toContain(words);
    }
    const time = row?.querySelector('time');
    expect(time?.getAttribute('datetime')).toBe('2026-11-23T12:00:00.000Z');
    expect(time?.textContent).toMatch(/ago.*2026|2026.*ago|in .*2026/);
  });

  it.each([
    [{ actor: null, address: null, userAgent: null }, 'The instance itself'],
    [{ actor: null, userAgent: null }, 'Somebody unknown'],
    [{ action: 'FROM_THE_FUTURE' as AuditAction }, 'from the future'],
    [{ address: '127.0.0.1' }, '127.0.0.1 (the computer that runs this instance)'],
    [{ rename: { __typename: 'Rename', from: 'Attic', to: '<b>Lab</b>' } }, 'From “Attic” to “<b>Lab</b>”'],
    [{ rename: { __typename: 'Rename', from: null, to: 'Lab' } }, 'to “Lab”'],
    [{ action: 'SIGNED_OUT' as const }, 'Signed out'],
    [
      {
        action: 'SESSION_ENDED' as const,
        actor: null,
        address: null,
        userAgent: null,
        detail: 'of Ada (a@b.test)',
      },
      'Session endedThe cloudof Ada (a@b.test)',
    ],
    [{ detail: '<img src=x onerror=alert(1)>' }, '<img src=x onerror=alert(1)>'],
  ])('with %j says “%s”', async (changes, words) => {
    answerPages([auditEntry('1', changes)]);
    await open();
    expect((await rows())[0]?.textContent).toContain(words);
    expect(document.querySelector('img')).toBeNull();
  });
});

describe('the audit log', () => {
  it('says that it is loading', async () => {
    server.answerOperation('AuditEntries', neverAnswered);
    await open();
    expect(screen.getByRole('status').textContent).toContain('Loading the audit log');
  });

  it('says that nothing has happened', async () => {
    answerPages([]);
    await open();
    await screen.findByText('Nothing has happened yet.');
  });

  it('that cannot be read says why, and tries again', async () => {
    server.answerOperation(
      'AuditEntries',
      silence,
      json({ errors: [{ message: 'This instance has no owner yet.' }] }, { status: 403 }),
      pageOf('auditEntries', [auditEntry('1')]),
    );
    const { user } = await open();
    expect((await screen.findByRole('alert')).textContent).toContain('The instance gave no answer.');
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await screen.findByText('This instance has no owner yet.');
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await rows()).toHaveLength(1);
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('is loaded page by page, and the keyboard goes on where the next page begins', async () => {
    server.answerOperation(
      'AuditEntries',
      pageOf('auditEntries', entriesOf(['SIGNED_IN', 'CLAIMED'], 3), true),
      silence,
      pageOf('auditEntries', entriesOf(['INSTANCE_STARTED', 'INSTANCE_STOPPED'])),
    );
    const { user } = await open();
    await user.click(await screen.findByRole('button', { name: 'Load more' }));
    await screen.findByText('The rest could not be read');
    await user.click(screen.getByRole('button', { name: 'Load more' }));
    await screen.findByText('That is all.');
    expect(titles()).toEqual(['Signed in', 'Instance claimed', 'Instance started', 'Instance stopped']);
    expect(asked()).toEqual([
      { filter: {} },
      { after: 'after 4', filter: {} },
      { after: 'after 4', filter: {} },
    ]);
    expect(document.activeElement?.textContent).toContain('Instance started');
  });
});

describe('the filter', () => {
  it('shows what it says, and never the entries of the one before', async () => {
    const choose = async (label: string, option: string) =>
      user.selectOptions(screen.getByLabelText(label), option);
    const everything = entriesOf(['SIGNED_IN', 'INSTANCE_RENAMED']);
    answerPages(everything, entriesOf(['SIGNED_IN']), [], everything);
    const { user } = await open();
    await rows();
    await choose('What happened', 'Signed in');
    await waitFor(() => expect(titles()).toEqual(['Signed in']));
    await choose('How it went', 'Refused');
    await screen.findByText('Nothing of this kind has happened.');
    expect(asked().slice(1)).toEqual([
      { filter: { actions: ['SIGNED_IN'] } },
      { filter: { actions: ['SIGNED_IN'], outcome: 'REFUSED' } },
    ]);
    await user.click(screen.getByRole('button', { name: 'Show everything' }));
    await waitFor(() => expect(titles()).toEqual(['Signed in', 'Instance renamed']));
    expect(screen.queryByRole('button', { name: 'Show everything' })).toBeNull();
  });

  it('shows nothing of the choice before while the answer is awaited', async () => {
    server.answerOperation('AuditEntries', pageOf('auditEntries', [auditEntry('1')]), neverAnswered);
    const { user } = await open();
    await rows();
    await user.selectOptions(screen.getByLabelText('How it went'), 'Failed');
    await screen.findByText('Loading the audit log…');
    expect(screen.queryByRole('list', { name: 'Audit log' })).toBeNull();
  });
});

describe('new entries', () => {
  const news = { data: { auditEntryAdded: { __typename: 'AuditEntry', id: '9' } } };
  let stream: EventStream;

  beforeEach(() => {
    stream = new EventStream();
    server.answerOperation('AuditEntryAdded', stream.answer);
  });

  it('appear by themselves before those that are known, and pages that were loaded stay', async () => {
    server.answerOperation(
      'AuditEntries',
      pageOf('auditEntries', entriesOf(['SIGNED_IN', 'CLAIMED'], 3), true),
      pageOf('auditEntries', entriesOf(['INSTANCE_STARTED'], 2)),
      pageOf('auditEntries', entriesOf(['INSTANCE_RENAMED', 'SIGNED_IN'], 4), true),
    );
    const { user } = await open();
    await user.click(await screen.findByRole('button', { name: 'Load more' }));
    await screen.findByText('That is all.');
    await waitFor(() => expect(server.operations('AuditEntryAdded')).toHaveLength(1));
    act(() => stream.next(news));
    await waitFor(() =>
      expect(titles()).toEqual(['Instance renamed', 'Signed in', 'Instance claimed', 'Instance started']),
    );
    expect(screen.getByText('That is all.')).toBeTruthy();
  });

  it('also appear where nothing was', async () => {
    answerPages([], entriesOf(['SIGNED_IN']));
    await open();
    await screen.findByText('Nothing has happened yet.');
    await waitFor(() => expect(server.operations('AuditEntryAdded')).toHaveLength(1));
    act(() => stream.next(news));
    await waitFor(() => expect(titles()).toEqual(['Signed in']));
  });

  it('are not waited for by a tab that nobody looks at', async () => {
    answerPages([auditEntry('1')]);
    await open();
    await waitFor(() => expect(server.operations('AuditEntryAdded')).toHaveLength(1));
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    act(() => void document.dispatchEvent(new Event('visibilitychange')));
    await waitFor(() => expect(stream.isLeft).toBe(true));
    server.answerOperation('AuditEntryAdded', new EventStream().answer);
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('visible');
    act(() => void document.dispatchEvent(new Event('visibilitychange')));
    await waitFor(() => expect(server.operations('AuditEntryAdded')).toHaveLength(2));
  });
});
