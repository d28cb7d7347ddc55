import { screen, within } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AccountCloud, ada, registrationKey, routeOf } from '../../../test/account-cloud.ts';
import { json } from '../../../test/fake-network.ts';
import { renderInApp } from '../../../test/render.tsx';
import { date } from '../../components/instant-words.ts';
import { RegistrationKeysPage } from './RegistrationKeysPage.tsx';

const key = `hfkey_${'a'.repeat(43)}`;
const createPath = '/api/account/registration-keys/create';
const revokePath = '/api/account/registration-keys/revoke';

let cloud: AccountCloud;

beforeEach(() => {
  cloud = new AccountCloud(ada);
  vi.stubGlobal('fetch', cloud.fetch);
});

const rows = async () =>
  within(await screen.findByRole('list', { name: 'Registration keys' })).getAllByRole('listitem');

async function openForm() {
  const { user } = await renderInApp(<RegistrationKeysPage />);
  await user.click(await screen.findByRole('button', { name: 'Make a key' }));
  const dialog = await screen.findByRole('dialog', { name: 'Make a registration key' });
  return { user, dialog: within(dialog) };
}

describe('the list', () => {
  it('says so when there is no key', async () => {
    await renderInApp(<RegistrationKeysPage />);
    expect((await rows()).map(({ textContent }) => textContent)).toEqual([
      expect.stringContaining('There is no key yet'),
    ]);
  });

  it('shows what each is for, whether it works, and offers to revoke only one that does', async () => {
    const used = new Date(2026, 10, 25, 12).toISOString();
    cloud.registrationKeys.keys = [
      registrationKey({ id: 'a', label: '<b>CI</b>', uses_allowed: 5, uses: 2, last_used_at: used }),
      registrationKey({ id: 'b', state: 'used_up', uses: 1, last_used_at: used }),
      registrationKey({ id: 'c', state: 'expired' }),
      registrationKey({ id: 'd', state: 'revoked', made_by: null }),
      registrationKey({ id: 'e', state: 'orphaned', made_by: 'bob@example.test' }),
    ];
    await renderInApp(<RegistrationKeysPage />);
    const texts = (await rows()).map(({ textContent }) => textContent);
    expect(texts[0]).toContain('<b>CI</b>works');
    expect(texts[0]).toContain('For 5 instances (2 so far), until');
    expect(texts[0]).toContain(`Last used on ${date(used)}.`);
    expect(texts[1]).toContain('used up');
    expect(texts[1]).toContain('For one instance, until');
    expect(texts[2]).toContain('expired');
    expect(texts[2]).toContain('Not used yet.');
    expect(texts[3]).toContain('by whoever runs this cloud');
    expect(texts[4]).toContain('its maker has left');
    expect(screen.getAllByRole('button', { name: /^Revoke/ })).toHaveLength(1);
    expect(texts.join()).not.toContain('Ada’s workspace');
  });

  it('names the workspace where there are several', async () => {
    cloud.registrationKeys = {
      workspaces: [...cloud.registrationKeys.workspaces, { id: 'workspace-2', name: 'Bob’s workspace' }],
      keys: [registrationKey({ workspace: 'workspace-2' })],
    };
    await renderInApp(<RegistrationKeysPage />);
    expect((await rows())[0]?.textContent).toContain('for Bob’s workspace');
  });

  it('revokes one', async () => {
    cloud.registrationKeys.keys = [registrationKey()];
    const { user } = await renderInApp(<RegistrationKeysPage />);
    await user.click(await screen.findByRole('button', { name: /^Revoke Build machine/ }));
    await vi.waitFor(async () => expect((await rows())[0]?.textContent).toContain('revoked'));
    expect(cloud.posted(revokePath)).toEqual([{ id: 'key-1' }]);
  });

  it('takes a key that was revoked meanwhile for revoked', async () => {
    cloud.registrationKeys.keys = [registrationKey()];
    cloud.answerTo(revokePath, json({ error: 'unknown_key' }, { status: 404 }));
    const { user } = await renderInApp(<RegistrationKeysPage />);
    const button = await screen.findByRole('button', { name: /^Revoke/ });
    cloud.registrationKeys.keys = [registrationKey({ state: 'revoked' })];
    await user.click(button);
    await vi.waitFor(async () => expect((await rows())[0]?.textContent).toContain('revoked'));
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('says when it cannot be read, and tries again', async () => {
    cloud.answer(
      routeOf('GET', '/api/account/registration-keys'),
      json({ error: 'server_error' }, { status: 500 }),
      json(cloud.registrationKeys),
    );
    const { user } = await renderInApp(<RegistrationKeysPage />);
    await user.click(await screen.findByRole('button', { name: 'Try again' }));
    expect(await rows()).toHaveLength(1);
  });
});

describe('making a key', () => {
  it('proposes one use and 30 days, and shows the key once', async () => {
    const { user, dialog } = await openForm();
    await user.type(dialog.getByLabelText(/What it is for/), ' Build machine ');
    await user.click(dialog.getByRole('button', { name: 'Make the key' }));
    const shown = within(await screen.findByRole('dialog', { name: 'Your registration key' }));
    expect(shown.getByText(key)).toBeDefined();
    expect(shown.getByText(/--registration-key-file FILE/).textContent).toContain(location.origin);
    expect(shown.getByText(/--registration-key-file FILE/).textContent).not.toContain('hfkey_');
    expect(cloud.posted(createPath)).toEqual([
      { workspace: 'workspace-1', label: 'Build machine', lifetime_seconds: 30 * 86_400, uses: 1 },
    ]);
    // By mistake it does not go away.
    await user.keyboard('{Escape}');
    expect(screen.getByText(key)).toBeDefined();
    await user.click(shown.getByRole('button', { name: 'I have kept it' }));
    await vi.waitFor(() => expect(screen.queryByText(key)).toBeNull());
    expect((await rows())[0]?.textContent).toContain('Build machine');
    expect(document.body.innerHTML).not.toContain('hfkey_');
  });

  it('takes another lifetime, number and workspace', async () => {
    cloud.registrationKeys.workspaces.push({ id: 'workspace-2', name: 'Bob’s workspace' });
    const { user, dialog } = await openForm();
    await user.type(dialog.getByLabelText(/What it is for/), 'CI');
    await user.selectOptions(dialog.getByLabelText('Workspace'), 'Bob’s workspace');
    await user.selectOptions(dialog.getByLabelText('Good for'), 'A week');
    await user.clear(dialog.getByLabelText(/How many instances/));
    await user.type(dialog.getByLabelText(/How many instances/), '20');
    await user.click(dialog.getByRole('button', { name: 'Make the key' }));
    await screen.findByText(key);
    expect(cloud.posted(createPath)).toEqual([
      { workspace: 'workspace-2', label: 'CI', lifetime_seconds: 7 * 86_400, uses: 20 },
    ]);
  });

  it.each(['', '0', '1001', '1.5', 'x'])('asks for another number than %j', async (number) => {
    const { user, dialog } = await openForm();
    await user.type(dialog.getByLabelText(/What it is for/), 'CI');
    const uses = dialog.getByLabelText(/How many instances/);
    await user.clear(uses);
    if (number !== '') await user.type(uses, number);
    await user.click(dialog.getByRole('button', { name: 'Make the key' }));
    expect(await dialog.findByText('Enter a whole number from 1 to 1000.')).toBeDefined();
    expect(document.activeElement).toBe(uses);
    expect(cloud.posted(createPath)).toEqual([]);
  });

  it('asks what it is for', async () => {
    const { user, dialog } = await openForm();
    await user.click(dialog.getByRole('button', { name: 'Make the key' }));
    expect(await dialog.findByText('Enter what the key is for.')).toBeDefined();
    expect(document.activeElement).toBe(dialog.getByLabelText(/What it is for/));
  });

  it('first has the person confirm who they are, where the cloud wants that, and says why', async () => {
    cloud.answerTo(createPath, json({ error: 'confirmation_required' }, { status: 403 }), json({ key }));
    cloud.answerTo('/api/account/confirmation', json({ confirmed_for: 300 }));
    const { user, dialog } = await openForm();
    await user.type(dialog.getByLabelText(/What it is for/), 'CI');
    await user.click(dialog.getByRole('button', { name: 'Make the key' }));
    const confirm = within(await screen.findByRole('dialog', { name: 'Confirm that it is you' }));
    expect(confirm.getByText(/Whoever has the key can add an instance to your workspace/)).toBeDefined();
    await user.type(
      await confirm.findByLabelText(/^Your password|^Password|^Current password/),
      'correct horse battery',
    );
    await user.click(confirm.getByRole('button', { name: 'Confirm' }));
    expect(await screen.findByText(key)).toBeDefined();
    expect(cloud.posted(createPath)).toHaveLength(2);
  });

  it.each([
    ['too_many_keys', 409, 'There are too many keys already'],
    ['invalid_label', 400, 'The cloud does not accept this name'],
    ['not_an_owner', 403, 'You do not own this workspace any more'],
    ['server_error', 500, 'This cloud could not do that'],
  ])('says what went wrong: %s', async (error, status, words) => {
    cloud.answerTo(createPath, json({ error }, { status }));
    const { user, dialog } = await openForm();
    await user.type(dialog.getByLabelText(/What it is for/), 'CI');
    await user.click(dialog.getByRole('button', { name: 'Make the key' }));
    expect((await dialog.findByRole('alert')).textContent).toContain(words);
  });
});
