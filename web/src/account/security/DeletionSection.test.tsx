import { screen, within } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { AccountCloud, ada } from '../../../test/account-cloud.ts';
import { json } from '../../../test/fake-network.ts';
import { renderInApp } from '../../../test/render.tsx';
import type { OwnedInstance } from '../api/instances.ts';
import { ConfirmationProvider } from './confirmation.tsx';
import { DeletionSection } from './DeletionSection.tsx';

let cloud: AccountCloud;

beforeEach(() => {
  cloud = new AccountCloud(ada);
  cloud.answerTo('/api/account/deletion', json({ deleted: true }));
  vi.stubGlobal('fetch', cloud.fetch);
});

async function open() {
  const { user } = await renderInApp(
    <ConfirmationProvider accountId={ada.id}>
      <DeletionSection account={ada} />
    </ConfirmationProvider>,
  );
  await user.click(screen.getByRole('button', { name: 'Delete the account' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Delete your account?' }));
  return { user, dialog };
}

it('names the instances and what becomes of them', async () => {
  const { dialog } = await open();
  const list = await dialog.findByRole('list', { name: 'Instances that are affected' });
  expect(list.textContent).toContain('Lab');
  expect(dialog.getByText('--reset-credentials')).toBeTruthy();
});

it('says of several what becomes of each', async () => {
  cloud.instances = ['one', 'two'].map(
    (name) => ({ ...cloud.instances[0], name, client_id: name }) as OwnedInstance,
  );
  const { dialog } = await open();
  const words = (await dialog.findByText(/^These 2 instances go on/)).textContent;
  expect(words).toContain(
    'their data. Nobody can sign in to any of them until somebody at its machine starts it',
  );
});

it('says when there is none', async () => {
  cloud.instances = [];
  const { dialog } = await open();
  expect(await dialog.findByText(/none is affected/)).toBeTruthy();
});

it('deletes nothing before the address is typed', async () => {
  const { user, dialog } = await open();
  const field = await dialog.findByLabelText(/^Type your email/);
  await user.type(field, 'ada{Enter}');
  expect(dialog.getByText('This is not ada@example.test.')).toBeTruthy();
  expect(cloud.posted('/api/account/deletion')).toEqual([]);
  await user.clear(field);
  await user.type(field, ' Ada@example.test{Enter}');
  await vi.waitFor(() => expect(cloud.posted('/api/account/deletion')).toEqual([{ email: ada.email }]));
});

it('asks who it is where that was long ago', async () => {
  cloud.answerTo('/api/account/deletion', json({ error: 'confirmation_required' }, { status: 403 }));
  const { user, dialog } = await open();
  await user.type(await dialog.findByLabelText(/^Type your email/), 'ada@example.test{Enter}');
  expect(await screen.findByRole('dialog', { name: 'Confirm that it is you' })).toBeTruthy();
});
