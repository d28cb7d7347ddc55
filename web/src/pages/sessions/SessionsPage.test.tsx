import { screen, within } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { pageOf, seenSession } from '../../../test/activity.ts';
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
      seenSession('2', { isCurrent: true, lastAddress: '127.0.0.1' }),
      seenSession('1', { userAgent: null, firstAddress: null, lastAddress: null }),
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
