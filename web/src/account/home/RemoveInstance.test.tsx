import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { AccountCloud, ada, routeOf } from '../../../test/account-cloud.ts';
import { json } from '../../../test/fake-network.ts';
import { renderInApp } from '../../../test/render.tsx';
import type { OwnedInstance } from '../api/instances.ts';
import { HomePage } from './HomePage.tsx';

const path = '/api/account/instances/remove';
const lab: OwnedInstance = {
  client_id: 'instance-1',
  name: 'Lab',
  claimed_at: new Date(2026, 10, 23, 12).toISOString(),
  role: 'owner',
  origins: [],
};

let cloud: AccountCloud;

beforeEach(() => {
  cloud = new AccountCloud(ada);
  cloud.instances = [lab, { ...lab, client_id: 'instance-2', name: 'Build machine' }];
  vi.stubGlobal('fetch', cloud.fetch);
});

async function open() {
  const { user } = await renderInApp(<HomePage />);
  await user.click(await screen.findByRole('button', { name: 'Remove Lab' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Remove Lab?' }));
  return { user, dialog, remove: async () => user.click(dialog.getByRole('button', { name: 'Remove' })) };
}

const cards = () => screen.queryAllByRole('heading', { level: 2 }).map(({ textContent }) => textContent);

it('removes an instance once that is confirmed, and gives the focus to the heading', async () => {
  const { dialog, remove } = await open();
  expect(dialog.getByText(/Nobody can sign in there any more/).textContent).toContain('--reset-credentials');
  expect(dialog.getByText('instance-1')).toBeTruthy();
  expect(cloud.posted(path)).toEqual([]);
  await remove();
  await waitFor(() => expect(cards()).toEqual(['Build machine']));
  expect(cloud.posted(path)).toEqual([{ client_id: 'instance-1' }]);
  expect(screen.queryByRole('dialog')).toBeNull();
  const heading = screen.getByRole('heading', { level: 1 });
  await waitFor(() => expect(document.activeElement).toBe(heading));
});

it('proposes to cancel, and then does nothing', async () => {
  const { user, dialog } = await open();
  await waitFor(() => expect(document.activeElement).toBe(dialog.getByRole('button', { name: 'Cancel' })));
  await user.keyboard('{Enter}');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(cloud.posted(path)).toEqual([]);
  expect(cards()).toEqual(['Lab', 'Build machine']);
});

it('is for owners', async () => {
  cloud.instances = (['admin', 'member', 'viewer'] as const).map((role) => ({
    ...lab,
    client_id: role,
    name: role,
    role,
  }));
  await renderInApp(<HomePage />);
  await screen.findByRole('heading', { level: 2, name: 'viewer' });
  expect(screen.queryByRole('button', { name: /^Remove/ })).toBeNull();
});

it('asks who it is where that was long ago, and removes after that', async () => {
  cloud.answerTo(
    path,
    json({ error: 'confirmation_required' }, { status: 403 }),
    json({ error: 'confirmation_required' }, { status: 403 }),
    (request) => {
      cloud.instances = cloud.instances.filter(({ client_id }) => client_id !== lab.client_id);
      return json({ removed: true })(request);
    },
  );
  cloud.answerTo('/api/account/confirmation', json({ confirmed_for: 300 }));
  const { user, dialog, remove } = await open();
  await remove();
  // Closing that question is no failure.
  const question = { name: 'Confirm that it is you' };
  expect((await screen.findByRole('dialog', question)).textContent).toContain('that was removed');
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('dialog', question)).toBeNull());
  expect(screen.getByRole('dialog', { name: 'Remove Lab?' })).toBeTruthy();
  expect(dialog.queryByRole('alert')).toBeNull();

  await remove();
  const confirm = within(await screen.findByRole('dialog', question));
  await user.type(await confirm.findByLabelText(/password/i, { selector: 'input' }), 'correct horse{Enter}');
  await waitFor(() => expect(cards()).toEqual(['Build machine']));
});

it('takes an instance that was removed meanwhile for removed', async () => {
  const { remove } = await open();
  cloud.instances = [];
  cloud.answerTo(path, json({ error: 'unknown_instance' }, { status: 404 }));
  await remove();
  expect(await screen.findByRole('heading', { level: 2, name: 'No instance is yours yet' })).toBeTruthy();
  expect(screen.queryByRole('alert')).toBeNull();
});

it.each([
  ['unknown_instance', 404, 'You do not own this instance any more'],
  ['login_required', 401, 'Your session has ended'],
  ['server_error', 500, 'This cloud could not do that'],
])('says in the dialog what went wrong: %s', async (error, status, words) => {
  cloud.answerTo(path, json({ error }, { status }));
  const { dialog, remove } = await open();
  await remove();
  expect((await dialog.findByRole('alert')).textContent).toContain(words);
  expect(cloud.requestsOf(routeOf('GET', '/api/instances'))).toHaveLength(2);
});
