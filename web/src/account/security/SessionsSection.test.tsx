import { screen, within } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { AccountCloud, accountSession, ada, routeOf } from '../../../test/account-cloud.ts';
import { json } from '../../../test/fake-network.ts';
import { renderInApp } from '../../../test/render.tsx';
import { SessionsSection } from './SessionsSection.tsx';

let cloud: AccountCloud;

beforeEach(() => {
  cloud = new AccountCloud(ada);
  cloud.sessions = [
    accountSession({ id: 'here', current: true }),
    accountSession({
      id: 'phone',
      instances: 2,
      user_agent: 'Mozilla/5.0 (iPhone) Version/18.0 Mobile/1 Safari/604.1',
    }),
    accountSession({ id: 'script', user_agent: '<b>curl</b>', address: '127.0.0.1' }),
  ];
  vi.stubGlobal('fetch', cloud.fetch);
});

const rows = async () =>
  within(await screen.findByRole('list', { name: 'Sessions' })).getAllByRole('listitem');

it('shows browser, address, beginning and last use, and which one this is', async () => {
  await renderInApp(<SessionsSection accountId={ada.id} />);
  const [here, phone, script] = await rows();
  expect(here?.textContent).toContain('Firefox 140 on Linux');
  expect(here?.textContent).toContain('this browser');
  expect(here?.textContent).not.toContain('signed in at');
  expect(phone?.textContent).toContain('Safari 18 on iPhone');
  expect(phone?.textContent).toContain('203.0.113.7');
  expect(phone?.textContent).toContain('Last used 5 minutes ago; signed in at 2 instances from there');
  expect(script?.textContent).toContain('<b>curl</b>');
  expect(script?.textContent).toContain('the computer that runs this cloud');
});

it('ends one session, never this browser’s', async () => {
  const { user } = await renderInApp(<SessionsSection accountId={ada.id} />);
  const [here] = await rows();
  expect(within(here as HTMLElement).queryByRole('button')).toBeNull();
  await user.click(screen.getByRole('button', { name: /^Sign out Safari 18/ }));
  await vi.waitFor(async () => expect(await rows()).toHaveLength(2));
  expect(cloud.posted('/api/account/sessions/end')).toEqual([{ session_id: 'phone' }]);
});

it('ends all others, and offers that where there are none, too: what those approved that are over stays', async () => {
  const { user } = await renderInApp(<SessionsSection accountId={ada.id} />);
  await user.click(await screen.findByRole('button', { name: 'Sign out everywhere else' }));
  await vi.waitFor(async () => expect(await rows()).toHaveLength(1));
  expect(screen.getAllByRole('button').map(({ textContent }) => textContent)).toEqual([
    'Sign out everywhere else',
  ]);
});

it('takes a session that has ended meanwhile for ended', async () => {
  cloud.answerTo('/api/account/sessions/end', json({ error: 'unknown_session' }, { status: 404 }));
  const { user } = await renderInApp(<SessionsSection accountId={ada.id} />);
  await rows();
  cloud.sessions = cloud.sessions.filter(({ id }) => id !== 'phone');
  await user.click(screen.getByRole('button', { name: /^Sign out Safari 18/ }));
  await vi.waitFor(async () => expect(await rows()).toHaveLength(2));
  expect(screen.queryByRole('alert')).toBeNull();
});

it('says when they cannot be read, and tries again', async () => {
  cloud.answer(
    routeOf('GET', '/api/account/sessions'),
    json({ error: 'server_error' }, { status: 500 }),
    json({ sessions: cloud.sessions }),
  );
  const { user } = await renderInApp(<SessionsSection accountId={ada.id} />);
  await user.click(await screen.findByRole('button', { name: 'Try again' }));
  expect(await rows()).toHaveLength(3);
});
