import { screen, waitFor, within } from '@testing-library/react';
import type { ComponentProps } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { renderInApp } from '../../../test/render.tsx';
import type { ConnectionReport } from '../../instances/connection-check.ts';
import { InstanceCard } from './InstanceCard.tsx';

type Props = ComponentProps<typeof InstanceCard>;

const bookmark = { id: '0a1b2c3d', name: 'Box', url: 'https://box.test' };
const online: ConnectionReport = {
  status: 'online',
  state: 'CLAIMED',
  version: '0.1.0',
  issuer: 'https://cloud.test',
  resource: 'https://cloud.test/instances/instance-1',
  clockSkewSeconds: 0,
};

async function open(props: Partial<Props> = {}) {
  const actions = { onRename: vi.fn<Props['onRename']>(), onRemove: vi.fn<Props['onRemove']>() };
  const card = (
    <InstanceCard
      bookmark={bookmark}
      report={online}
      signedIn={false}
      ownName={undefined}
      {...actions}
      {...props}
    />
  );
  return { ...(await renderInApp(card)), ...actions };
}

const status = () => screen.getByRole('status', { name: 'Status' }).textContent;

describe('a card', () => {
  it('says which instance it is and how it is', async () => {
    await open({ signedIn: true });
    expect(screen.getByRole('heading', { level: 2 }).textContent).toBe('Box');
    expect(screen.getByRole('article', { name: 'Box' }).textContent).toContain('https://box.test');
    expect(status()).toBe('OnlineSigned in');
  });

  it('leads to the page of its instance', async () => {
    const { user, path } = await open();
    await user.click(screen.getByRole('link', { name: 'Open Box' }));
    await waitFor(() => expect(path()).toBe('/instances/0a1b2c3d'));
  });

  it('says the own name of the instance where it is another', async () => {
    await open({ ownName: 'Lab' });
    expect(screen.getByText('Lab')).toBeTruthy();
  });

  it.each([
    { ...bookmark, name: 'box.test' },
    { id: 'this', name: 'This instance', url: 'https://box.test' },
  ])('takes the own name of the instance for $name, which nobody chose', async (unnamed) => {
    await open({ bookmark: unnamed, ownName: 'Lab' });
    expect(screen.getByRole('article', { name: 'Lab' })).toBeTruthy();
    expect(screen.queryByText(unnamed.name)).toBeNull();
  });

  it('of an instance without a name has labels that read well', async () => {
    await open({ bookmark: { id: 'this', name: 'This instance', url: 'https://box.test' } });
    expect(screen.getByRole('heading', { level: 2 }).textContent).toBe('This instance');
    expect(screen.getByRole('link', { name: 'Open this instance' })).toBeTruthy();
    expect(screen.getByRole('button', { name: 'More for this instance' })).toBeTruthy();
  });

  it('does not say the same name twice', async () => {
    await open({ ownName: 'Box' });
    expect(screen.getAllByText('Box')).toHaveLength(1);
  });
});

it.each([
  ['offline', 'Offline', true],
  ['not-an-instance', 'Not an instance', false],
  ['origin-refused', 'Refuses this page', false],
] as const)('%s: the word, the reason, and whether it can be opened', async (kind, word, openable) => {
  await open({ report: { status: kind, message: 'The reason.' } });
  expect(status()).toBe(word);
  expect(screen.getByText('The reason.')).toBeTruthy();
  expect(screen.queryByRole('link', { name: 'Open Box' }) !== null).toBe(openable);
});

it('can be opened while it is still being checked', async () => {
  await open({ report: undefined });
  expect(status()).toBe('Checking');
  expect(screen.getByRole('link', { name: 'Open Box' })).toBeTruthy();
});

describe('the menu', () => {
  const menuButton = () => screen.getByRole('button', { name: 'More for Box' });

  async function openMenu(props: Partial<Props> = {}) {
    const opened = await open(props);
    await opened.user.click(menuButton());
    return opened;
  }
  const item = (name: string) => screen.findByRole('menuitem', { name });

  async function openDialog(name: 'Rename' | 'Remove', props: Partial<Props> = {}) {
    const opened = await openMenu(props);
    await opened.user.click(await item(name));
    return { ...opened, dialog: within(await screen.findByRole('dialog')) };
  }

  it('opens the instance at its own address, in another tab', async () => {
    await openMenu();
    const link = await item('Open at its own address');
    expect(link.getAttribute('href')).toBe('https://box.test');
    expect(link.getAttribute('target')).toBe('_blank');
    expect(link.getAttribute('rel')).toContain('noopener');
  });

  it('renames the bookmark', async () => {
    const { user, onRename, dialog } = await openDialog('Rename');
    const field = dialog.getByLabelText<HTMLInputElement>(/^Name/);
    expect(field.value).toBe('Box');
    await user.clear(field);
    await user.type(field, 'Attic{Enter}');
    expect(onRename).toHaveBeenCalledExactlyOnceWith('Attic');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    await waitFor(() => expect(document.activeElement).toBe(menuButton()));
  });

  it('keeps following the instance when nothing was typed', async () => {
    const { user, onRename, dialog } = await openDialog('Rename');
    await user.type(dialog.getByLabelText(/^Name/), '{Enter}');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(onRename).not.toHaveBeenCalled();
  });

  it('takes no empty name', async () => {
    const { user, onRename, dialog } = await openDialog('Rename');
    await user.clear(dialog.getByLabelText(/^Name/));
    await user.click(dialog.getByRole('button', { name: 'Save' }));
    expect(dialog.getByText('Enter a name by which you recognize the instance.')).toBeTruthy();
    expect(onRename).not.toHaveBeenCalled();
  });

  it('removes the bookmark after a question that says what stays', async () => {
    const { user, onRemove, dialog } = await openDialog('Remove');
    expect(
      dialog.getByText(/the instance at https:\/\/box\.test and its data stay/).textContent,
    ).not.toContain('signed out');
    expect(onRemove).not.toHaveBeenCalled();
    await user.click(dialog.getByRole('button', { name: 'Remove' }));
    expect(onRemove).toHaveBeenCalledOnce();
  });

  it('says that removing signs out', async () => {
    const { dialog } = await openDialog('Remove', { signedIn: true });
    expect(dialog.getByText(/You will be signed out of it here/)).toBeTruthy();
  });

  it('removes nothing after second thoughts', async () => {
    const { user, onRemove, dialog } = await openDialog('Remove');
    await user.click(dialog.getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    await waitFor(() => expect(document.activeElement).toBe(menuButton()));
    expect(onRemove).not.toHaveBeenCalled();
  });

  it('cannot remove the instance that served the page', async () => {
    await openMenu({ bookmark: { ...bookmark, id: 'this' } });
    expect(await item('Rename')).toBeTruthy();
    expect(screen.queryByRole('menuitem', { name: 'Remove' })).toBeNull();
  });
});
