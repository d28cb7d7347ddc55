import { createMemoryHistory, RouterProvider } from '@tanstack/react-router';
import { act, render, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { auditEntry, pageOf, seenSession } from '../test/activity.ts';
import { resetBrowser } from '../test/browser-shims.ts';
import { EventStream } from '../test/event-stream.ts';
import { json, neverAnswered, silence } from '../test/fake-network.ts';
import { storedKeys } from '../test/idb-keyval-in-memory.ts';
import { InstanceServer } from '../test/instance-server.ts';
import { publicInstance, publishedLifetimes } from '../test/instances.ts';
import '../test/render.tsx';
import { storeSession } from '../test/sessions.ts';
import { deviceAuthorization, refusal, routes, tokens } from '../test/test-cloud.ts';
import { AuthProvider } from './auth/AuthProvider.tsx';
import { endSession, readSession } from './auth/token-store.ts';
import { AppProviders } from './components/AppProviders.tsx';
import { instanceClient } from './graphql/client.ts';
import { addBookmark, readBookmarks, renameBookmark } from './instances/bookmarks.ts';
import { forgetClaimCode } from './instances/claim-code-from-fragment.ts';
import { createAppRouter } from './router.tsx';

let server: InstanceServer;

beforeEach(async () => {
  server = new InstanceServer(location.origin);
  // A page that is loaded anew remembers no answers; one that somebody else was signed in on neither.
  await storeSession({}, own);
  instanceClient(own);
  resetBrowser();
  vi.stubGlobal('fetch', server.fetch);
  vi.stubGlobal('isSecureContext', true);
});

afterEach(forgetClaimCode);

/** Opens the instance's pages as a browser does that follows a link. */
function open(path = '/') {
  const history = createMemoryHistory({ initialEntries: [path] });
  render(
    <AppProviders env="test">
      <AuthProvider>
        <RouterProvider router={createAppRouter(history)} />
      </AuthProvider>
    </AppProviders>,
  );
  return { user: userEvent.setup({ delay: null }), history };
}

/** Changes to another tab and back, after which pages ask again at once. */
function lookAwayAndBack(): void {
  for (const visibilityState of ['hidden', 'visible'] as const) {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(visibilityState);
    act(() => void document.dispatchEvent(new Event('visibilitychange')));
  }
}

const heading = (name: string) => screen.findByRole('heading', { level: 1, name });
const claimed = publicInstance({ state: 'CLAIMED' });
const own = location.origin;

describe('the page of an instance', () => {
  it('asks a stranger to sign in', async () => {
    server.instance = claimed;
    open();
    await heading('Sign in to this instance');
    expect(server.operations('MemberInstance')).toEqual([]);
    expect(server.operations('Viewer')).toEqual([]);
  });

  it('says that it has no owner yet', async () => {
    open();
    await screen.findByText('This instance has no owner yet');
  });

  it('says once that the time for claiming is over, and asks to sign in after the restart', async () => {
    const since = '2026-11-23T12:00:00.000Z';
    server.instance = publicInstance({
      notices: [{ code: 'CLAIM_WINDOW_CLOSED', message: 'Restart it.', since }],
    });
    open();
    await heading('The time for claiming is over');
    expect(screen.getAllByText('Restart it.')).toHaveLength(1);
    server.instance = publicInstance();
    lookAwayAndBack();
    await heading('Sign in to this instance');
  });

  it('says that the address brings the claim code along', async () => {
    sessionStorage.setItem('holdfast.claim-code', 'ABCDE-12345');
    open();
    await screen.findByText(/carries its claim code/);
  });

  it('asks whoever is signed in for the claim code while it has no owner', async () => {
    await storeSession({}, own);
    open();
    await heading('Claim this instance');
  });

  it('shows itself to a member, by its own name', async () => {
    server.instance = claimed;
    await storeSession({}, own);
    open();
    await heading('Lab');
    await waitFor(() => expect(document.title).toBe('Lab · Holdfast'));
    // Where it lies is asked for once the role is known.
    await screen.findByText('/var/lib/holdfast');
    const facts = screen.getByRole('region', { name: 'Instance' });
    for (const fact of [
      'instance-1',
      '/var/lib/holdfast',
      '/etc/holdfast/lab.key',
      '0.1.0',
      'https://cloud.test',
      'Ada’s workspace',
    ]) {
      expect(facts.textContent).toContain(fact);
    }
    expect((await screen.findByRole('region', { name: 'Your session' })).textContent).toContain(
      'ada@example.test',
    );
  });

  it('says the lifetimes that its cloud publishes', async () => {
    server.instance = claimed;
    await storeSession({}, own);
    open();
    const table = await screen.findByRole('table', { name: 'Token lifetimes published by the cloud' });
    const rows = within(table)
      .getAllByRole('row')
      .slice(1)
      .map((row) => [...row.children].map(({ textContent }) => textContent));
    expect(rows).toEqual([
      ['Access token', '5 minutes'],
      ['Refresh token, unused', '14 days'],
      ['Refresh token, at the latest', '90 days'],
      ['Token of the instance itself', '10 minutes'],
      ['Device code', '5 minutes'],
      ['User code', '5 minutes'],
      ['Between two polls', '2 seconds'],
    ]);
  });

  it('leaves out what its cloud does not publish', async () => {
    const { cloud } = claimed;
    const tokenLifetimes = { ...publishedLifetimes, devicePollInterval: null };
    server.instance = { ...claimed, cloud: { ...cloud, tokenLifetimes } };
    await storeSession({}, own);
    open();
    const table = await screen.findByRole('table', { name: 'Token lifetimes published by the cloud' });
    expect(within(table).getAllByRole('row')).toHaveLength(1 + 6);
  });

  it('waits while it is not registered, and goes on by itself', async () => {
    server.instance = publicInstance({
      state: 'UNREGISTERED',
      id: null,
      notices: [
        { code: 'REGISTRATION_REFUSED', message: 'The cloud says no.', since: '2026-11-23T12:00:00.000Z' },
      ],
    });
    open();
    await heading('This instance is not registered yet');
    expect(screen.getByRole('region', { name: 'Notices' }).textContent).toContain('The cloud says no.');
    expect(screen.getByText(/It tries again by itself/)).toBeTruthy();
    server.instance = publicInstance();
    await heading('Sign in to this instance');
  });

  it('waits for another start where its registration key was refused', async () => {
    server.instance = publicInstance({
      state: 'UNREGISTERED',
      id: null,
      notices: [
        { code: 'REGISTRATION_KEY_REFUSED', message: 'Not this key.', since: '2026-11-23T12:00:00.000Z' },
      ],
    });
    open();
    await heading('This instance is not registered yet');
    expect(screen.getByText(/This page goes on when that is done/)).toBeTruthy();
    expect(screen.queryByText(/by itself/)).toBeNull();
    server.instance = claimed;
    await heading('Sign in to this instance');
  });

  it('that does not answer says so, and comes back when the person looks again', async () => {
    server.answerOperation('PublicInstance', silence);
    server.answerOperation('ConnectionCheck', silence);
    open();
    await heading('This instance cannot be reached');
    expect(await screen.findByText(new RegExp(`^Nothing answers at ${own}`))).toBeTruthy();
    server.answerOperation('PublicInstance', json({ data: { instance: claimed } }));
    server.answerOperation('ConnectionCheck', json({ data: { instance: claimed } }));
    lookAwayAndBack();
    await heading('Sign in to this instance');
  });

  it('keeps what it showed while it does not answer for a moment', async () => {
    server.instance = claimed;
    await storeSession({}, own);
    open();
    await heading('Lab');
    server.answerOperation('PublicInstance', silence);
    server.answerOperation('ConnectionCheck', silence);
    lookAwayAndBack();
    await screen.findByText('This instance stopped answering');
    expect(screen.getByRole('heading', { level: 1, name: 'Lab' })).toBeTruthy();
    expect(screen.getByRole('banner').textContent).toContain('Lab');
    expect(document.title).toBe('Lab · Holdfast');
  });

  it('that falls silent keeps all that it showed, says so once, in our words, and goes on by itself', async () => {
    server.instance = claimed;
    await storeSession({}, own);
    const { user } = open();
    await heading('Lab');
    await screen.findByText('/var/lib/holdfast');
    server.fallSilent();
    await user.click(await screen.findByRole('link', { name: 'Sessions' }));
    await screen.findByText('This instance stopped answering');
    expect(screen.getByRole('banner').textContent).toContain('Lab');
    await user.click(screen.getByRole('link', { name: 'Overview' }));
    await screen.findByText('This instance stopped answering');
    await waitFor(() => expect(server.operations('MemberInstance').length).toBeGreaterThan(1));
    expect(screen.getByRole('heading', { level: 1, name: 'Lab' })).toBeTruthy();
    expect(screen.getByText('/var/lib/holdfast')).toBeTruthy();
    expect(screen.getAllByRole('alert')).toHaveLength(1);
    expect(document.body.textContent).not.toContain('Failed to fetch');
    server.answerAgain();
    await waitFor(() => expect(screen.queryByRole('alert')).toBeNull(), { timeout: 4_000 });
  });

  it('warns of a clock that makes every proof too old', async () => {
    server.instance = claimed;
    const date = new Date(Date.now() + 300_000).toUTCString();
    server.answerOperation('ConnectionCheck', json({ data: { instance: claimed } }, { headers: { date } }));
    open();
    await screen.findByText('The clock of this device is off');
  });

  it('of somebody else ends the session with the words of the instance', async () => {
    server.instance = claimed;
    await storeSession({}, own);
    server.answerOperation(
      'PublicInstance',
      json(
        { errors: [{ message: 'Another workspace owns it.', extensions: { code: 'access_denied' } }] },
        { status: 403 },
      ),
      json({ data: { instance: claimed } }),
    );
    open();
    await screen.findByText('This instance belongs to someone else');
    expect(screen.getByText('Another workspace owns it.')).toBeTruthy();
    expect(readSession(own).session).toBeUndefined();
  });
});

describe('signing in', () => {
  beforeEach(() => {
    server.instance = claimed;
    server.answer(routes.deviceAuthorization, json(deviceAuthorization({ interval: 0.05 })));
    server.answer(routes.token, refusal('authorization_pending'));
  });

  async function start() {
    const opened = open();
    await opened.user.click(await screen.findByRole('button', { name: 'Sign in' }));
    await heading('Approve this sign-in');
    await waitFor(() => expect(server.tokenRequests.length).toBeGreaterThan(0));
    return opened;
  }

  /** The person approves at the cloud, and a page that still asks would learn of it. */
  async function approveAndWait(): Promise<void> {
    server.answer(routes.token, tokens());
    await new Promise((resolve) => setTimeout(resolve, 300));
  }

  it('leads to the overview, by itself, once it is approved', async () => {
    await start();
    await approveAndWait();
    await heading('Lab');
    expect(readSession(own).session?.accessToken).toBe('access-token-2');
  });

  it('that is cancelled leaves nothing behind', async () => {
    const { user } = await start();
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    await heading('Sign in to this instance');
    await approveAndWait();
    expect(readSession(own).session).toBeUndefined();
    expect(storedKeys()).toEqual([]);
  });

  it('is given up when the person leaves the page', async () => {
    const { history } = await start();
    history.push('/launcher');
    await heading('Launcher');
    await approveAndWait();
    expect(readSession(own).session).toBeUndefined();
    expect(storedKeys()).toEqual([]);
  });
});

describe('signing out', () => {
  it('leads back to the sign-in page, without a reproach, and revokes the grant', async () => {
    server.instance = claimed;
    await storeSession({}, own);
    const { user } = open();
    await heading('Lab');
    await user.click(screen.getByRole('button', { name: 'Sign out' }));
    await heading('Sign in to this instance');
    expect(screen.queryByText('You were signed out')).toBeNull();
    await waitFor(() => expect(server.requestsOf(routes.revocation)).toHaveLength(1));
  });

  it('in another tab is noticed, with its reason', async () => {
    server.instance = claimed;
    await storeSession({}, own);
    open();
    await heading('Lab');
    const reason = { code: 'invalid_grant', message: 'It was ended elsewhere.' };
    localStorage.removeItem(`holdfast.session.${own}`);
    localStorage.setItem(`holdfast.signed-out-reason.${own}`, JSON.stringify(reason));
    window.dispatchEvent(new StorageEvent('storage', { key: `holdfast.session.${own}` }));
    await heading('Sign in to this instance');
    expect(screen.getByText('It was ended elsewhere.')).toBeTruthy();
  });
});

describe('renaming the instance', () => {
  async function openForm() {
    server.instance = claimed;
    await storeSession({}, own);
    const { user } = open();
    await heading('Lab');
    await user.click(screen.getByRole('button', { name: 'Rename instance' }));
    const field = screen.getByLabelText<HTMLInputElement>('Instance name');
    return { user, field };
  }
  const names = () => server.operations('RenameInstance').map(({ variables }) => variables);

  it('sends the new name without spaces around it', async () => {
    const { user, field } = await openForm();
    const instance = { __typename: 'Instance', id: 'instance-1', name: 'Attic' };
    server.answerOperation(
      'RenameInstance',
      json({ data: { renameInstance: { __typename: 'InstanceRenamed', instance } } }),
    );
    server.answerOperation('MemberInstance', json({ data: { instance } }));
    await user.clear(field);
    await user.type(field, ' Attic {Enter}');
    await waitFor(() => expect(screen.queryByLabelText('Instance name')).toBeNull());
    expect(names()).toEqual([{ name: 'Attic' }]);
    await waitFor(() => expect(document.title).toBe('Attic · Holdfast'));
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Rename instance' }));
  });

  it('says why the instance refuses, and keeps what was typed', async () => {
    const { user, field } = await openForm();
    server.answerOperation(
      'RenameInstance',
      json({ data: { renameInstance: { __typename: 'CloudUnavailable', message: 'Not now.' } } }),
    );
    await user.type(field, '2{Enter}');
    await screen.findByText('Not now.');
    expect(field.value).toBe('Lab2');
  });

  it.each(['VIEWER', 'MEMBER'] as const)('is not offered to a %s, who reads who can', async (role) => {
    server.instance = claimed;
    server.viewer = { ...server.viewer, role };
    await storeSession({}, own);
    open();
    await screen.findByText('Only admins and owners of the workspace can rename it.');
    await heading('Lab');
    expect(screen.queryByRole('button', { name: 'Rename instance' })).toBeNull();
    expect(screen.getByText(role.toLowerCase())).toBeTruthy();
  });

  it('sends nothing when nothing has changed, is empty or is cancelled', async () => {
    const { user, field } = await openForm();
    await user.clear(field);
    await user.type(field, '{Enter}');
    await screen.findByText('Enter a name.');
    await user.type(field, 'Lab{Enter}');
    await waitFor(() => expect(screen.queryByLabelText('Instance name')).toBeNull());
    await user.click(screen.getByRole('button', { name: 'Rename instance' }));
    await user.type(screen.getByLabelText('Instance name'), '2{Escape}');
    expect(screen.queryByLabelText('Instance name')).toBeNull();
    expect(names()).toEqual([]);
  });
});

describe('an instance that has just been claimed', () => {
  async function claim(nameInLauncher?: string) {
    sessionStorage.setItem('holdfast.claim-code', 'ABCDE-12345');
    if (nameInLauncher !== undefined) renameBookmark('this', nameInLauncher);
    await storeSession({}, own);
    const instance = { __typename: 'Instance', id: 'instance-1', state: 'CLAIMED' };
    server.answerOperation('ClaimInstance', (request) => {
      server.instance = claimed;
      return json({ data: { claimInstance: { __typename: 'InstanceClaimed', instance } } })(request);
    });
    const { user } = open();
    await screen.findByText('This instance is yours now');
    await heading('Lab');
    return user;
  }
  const offer = () => screen.queryByRole('button', { name: 'Call it so for everybody' });

  it('can be given the name that it has in the launcher', async () => {
    const user = await claim('Acme lab');
    const instance = { __typename: 'Instance', id: 'instance-1', name: 'Acme lab' };
    server.answerOperation(
      'RenameInstance',
      json({ data: { renameInstance: { __typename: 'CloudUnavailable', message: 'Not now.' } } }),
      json({ data: { renameInstance: { __typename: 'InstanceRenamed', instance } } }),
    );
    await user.click(offer() as HTMLElement);
    await screen.findByText('Not now.');
    server.answerOperation('MemberInstance', json({ data: { instance } }));
    await user.click(offer() as HTMLElement);
    await heading('Acme lab');
    expect(server.operations('RenameInstance').map(({ variables }) => variables)).toEqual([
      { name: 'Acme lab' },
      { name: 'Acme lab' },
    ]);
    await waitFor(() => expect(offer()).toBeNull());
  });

  it.each([undefined, 'Lab'])('is offered no other name where the launcher knows none (%s)', async (name) => {
    await claim(name);
    expect(offer()).toBeNull();
  });
});

describe('the launcher', () => {
  it('shows each instance live, this one first', async () => {
    addBookmark({ name: 'Box', url: 'https://box.test' });
    open('/launcher');
    await heading('Launcher');
    const cards = screen.getAllByRole('article');
    expect(cards.map((card) => card.getAttribute('aria-label'))).toEqual(['This instance', 'Box']);
    expect(screen.getByRole('link', { name: 'Open this instance' })).toBeTruthy();
    await waitFor(() => expect(cards[0]?.textContent).toContain('Unclaimed'));
    await waitFor(() => expect(cards[1]?.textContent).toContain('Offline'));
  });

  it('calls an instance by its own name, for its members', async () => {
    server.instance = claimed;
    await storeSession({}, own);
    open('/launcher');
    await screen.findByRole('article', { name: 'Lab' });
  });

  it('says when an instance is added that it keeps by another address', async () => {
    const other = new URL(own);
    other.hostname = '127.0.0.1';
    server.answer(`POST ${other.origin}/graphql`, json({ data: { instance: server.instance } }));
    const { user } = open('/launcher');
    await waitFor(() => expect(screen.getByRole('article').textContent).toContain('Unclaimed'));
    await user.type(await screen.findByLabelText(/^Address/), `${other.origin}{Enter}`);
    await screen.findByText('This instance is in your launcher already');
    await user.click(screen.getByRole('button', { name: 'Save it anyway' }));
    await waitFor(() => expect(readBookmarks().map(({ url }) => url)).toEqual([own, other.origin]));
  });

  it('keeps an instance that is added, and opens it', async () => {
    const { user, history } = open('/launcher');
    await user.type(await screen.findByLabelText(/^Address/), 'box.test{Enter}');
    await user.click(await screen.findByRole('button', { name: 'Save it anyway' }));
    await user.click(await screen.findByRole('link', { name: 'Open box.test' }));
    await heading('box.test cannot be reached');
    expect(history.location.pathname).toBe(`/instances/${readBookmarks()[1]?.id}`);
  });

  it('signs out of an instance that is removed', async () => {
    const url = 'https://box.test';
    addBookmark({ name: 'Box', url });
    await storeSession({}, url);
    const { user } = open('/launcher');
    await user.click(await screen.findByRole('button', { name: 'More for Box' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Remove' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Remove' }));
    await waitFor(() => expect(readBookmarks()).toHaveLength(1));
    expect(readSession(url).session).toBeUndefined();
  });
});

describe('the pages of an instance', () => {
  const links = () =>
    within(screen.getByRole('navigation', { name: 'Pages of this instance' })).getAllByRole('link');

  it('are linked for whoever is signed in, with the one that is shown marked', async () => {
    server.instance = claimed;
    await storeSession({}, own);
    server.answerOperation('AuditEntries', pageOf('auditEntries', [auditEntry('1')]));
    const { user, history } = open();
    await heading('Lab');
    // They appear once the role is known.
    await waitFor(() =>
      expect(links().map(({ textContent }) => textContent)).toEqual([
        'Overview',
        'Audit log',
        'Sessions',
        'Playground',
      ]),
    );
    const marked = () => links().filter((link) => link.getAttribute('aria-current') === 'page');
    expect(marked().map(({ textContent }) => textContent)).toEqual(['Overview']);
    await user.click(screen.getByRole('link', { name: 'Audit log' }));
    await heading('Audit log');
    expect(history.location.pathname).toBe('/instances/this/audit');
    expect(marked().map(({ textContent }) => textContent)).toEqual(['Audit log']);
    expect((await screen.findByRole('list', { name: 'Audit log' })).textContent).toContain(
      'Instance renamed',
    );
  });

  it.each(['/audit', '/sessions'])('%s is not for viewers, who are told so in a sentence', async (path) => {
    server.instance = claimed;
    server.viewer = { ...server.viewer, role: 'VIEWER' };
    await storeSession({}, own);
    const { user } = open(path);
    await heading(path === '/audit' ? 'Audit log: for members' : 'Sessions: for members');
    expect(screen.getByText(/an owner of the workspace can give you/)).toBeTruthy();
    await waitFor(() =>
      expect(links().map(({ textContent }) => textContent)).toEqual(['Overview', 'Playground']),
    );
    expect(screen.queryByRole('alert')).toBeNull();
    await user.click(screen.getByRole('link', { name: 'Go to the overview' }));
    await heading('Lab');
    for (const operation of ['AuditEntries', 'Sessions', 'AuditEntryAdded', 'InstancePlaces'])
      expect(server.operations(operation), operation).toEqual([]);
    const facts = screen.getByRole('region', { name: 'Instance' });
    expect(facts.textContent).toContain('Key file');
    expect(facts.textContent).not.toContain('/var/lib/holdfast');
  });

  it('are not linked for strangers', async () => {
    server.instance = claimed;
    open();
    await heading('Sign in to this instance');
    expect(screen.queryByRole('navigation', { name: 'Pages of this instance' })).toBeNull();
  });

  it('are not linked before somebody owns the instance, and are once it is claimed', async () => {
    await storeSession({}, own);
    open();
    await heading('Claim this instance');
    expect(screen.queryByRole('navigation', { name: 'Pages of this instance' })).toBeNull();
    server.instance = claimed;
    lookAwayAndBack();
    await heading('Lab');
    await waitFor(() => expect(links()).toHaveLength(4));
  });

  it('stay linked while the instance does not answer', async () => {
    await storeSession({}, own);
    server.answerOperation('PublicInstance', silence);
    server.answerOperation('ConnectionCheck', silence);
    open();
    await heading('This instance cannot be reached');
    await waitFor(() => expect(links()).toHaveLength(4));
  });

  it.each(['/audit', '/sessions', '/playground'])(
    '%s leads whoever is signed in to the claim while there is no owner',
    async (path) => {
      await storeSession({}, own);
      server.answerOperation('AuditEntries', neverAnswered);
      server.answerOperation('Sessions', neverAnswered);
      const { user } = open(path);
      await heading('This instance has no owner yet');
      expect(screen.getAllByRole('heading', { level: 1 })).toHaveLength(1);
      await user.click(screen.getByRole('link', { name: 'Claim it' }));
      await heading('Claim this instance');
    },
  );

  it.each([
    ['/audit', 'The audit log is for members'],
    ['/instances/this/audit', 'The audit log is for members'],
    ['/sessions', 'The sessions are for members'],
    ['/instances/this/sessions', 'The sessions are for members'],
  ])('%s asks a stranger to sign in', async (path, reason) => {
    open(path);
    await heading('Sign in first');
    expect(screen.getByText(reason, { exact: false })).toBeTruthy();
    expect(screen.getAllByRole('heading', { level: 1 })).toHaveLength(1);
    expect(screen.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toBe('/instances/this');
    expect(server.operations('AuditEntries')).toEqual([]);
    expect(server.operations('Sessions')).toEqual([]);
  });

  it.each([
    ['/audit', 'Audit log'],
    ['/sessions', 'Sessions'],
  ])(
    '%s keeps what it showed while the instance is silent, says so once, and goes on',
    async (path, name) => {
      server.instance = claimed;
      await storeSession({}, own);
      server.answerOperation('AuditEntries', pageOf('auditEntries', [auditEntry('1')]));
      server.answerOperation('Sessions', pageOf('sessions', [seenSession('1')]));
      const { user } = open(path);
      await screen.findByRole('list', { name });
      server.fallSilent();
      lookAwayAndBack();
      await screen.findByText('This instance stopped answering');
      await screen.findByText(/Paused/);
      await user.click(screen.getByRole('link', { name: 'Overview' }));
      await user.click(screen.getByRole('link', { name }));
      await screen.findByRole('list', { name });
      expect(screen.getAllByRole('alert').map(({ textContent }) => textContent)).toEqual([
        expect.stringContaining('Nothing answers at'),
      ]);
      const before = server.operations('AuditEntryAdded').length;
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(server.operations('AuditEntryAdded'), 'one asks for the others').toHaveLength(before);
      server.answerAgain();
      await waitFor(() => expect(screen.queryByText(/Paused/)).toBeNull(), { timeout: 4_000 });
      await waitFor(() => expect(server.operations('AuditEntryAdded').length).toBeGreaterThan(before));
    },
  );

  it('that nobody has seen yet come once a silent instance answers', async () => {
    server.instance = claimed;
    await storeSession({}, own);
    server.answerOperation('AuditEntries', pageOf('auditEntries', [auditEntry('1')]));
    const { user } = open();
    await heading('Lab');
    server.fallSilent();
    await user.click(screen.getByRole('link', { name: 'Audit log' }));
    await screen.findByText('This part of the page comes as soon as there is an answer.');
    expect(screen.getAllByRole('alert')).toHaveLength(1);
    server.answerAgain();
    await screen.findByRole('list', { name: 'Audit log' }, { timeout: 4_000 });
  });

  it('of an instance that never answered say that, and come when it does', async () => {
    server.instance = claimed;
    await storeSession({}, own);
    server.answerOperation('AuditEntries', pageOf('auditEntries', [auditEntry('1')]));
    server.fallSilent();
    open('/audit');
    await heading('This instance cannot be reached');
    expect(screen.getAllByRole('heading', { level: 1 })).toHaveLength(1);
    server.answerAgain();
    await screen.findByRole('list', { name: 'Audit log' }, { timeout: 4_000 });
  });

  it('tell a stranger who was signed in why that is over', async () => {
    await storeSession({}, own);
    endSession(own, { code: 'invalid_grant', message: 'It was ended elsewhere.' });
    open('/audit');
    await screen.findByText('It was ended elsewhere.');
  });

  it('follow the instance: the overview shows a name that somebody else gave it', async () => {
    server.instance = claimed;
    await storeSession({}, own);
    const stream = new EventStream();
    server.answerOperation('InstanceChanged', stream.answer);
    open();
    await heading('Lab');
    await waitFor(() => expect(server.operations('InstanceChanged')).toHaveLength(1));
    server.answerOperation(
      'MemberInstance',
      json({ data: { instance: { __typename: 'Instance', id: 'instance-1', name: 'Attic' } } }),
    );
    act(() => stream.next({ data: { instanceChanged: { __typename: 'Instance', id: 'instance-1' } } }));
    await heading('Attic');
  });
});

it('the playground asks a stranger to sign in, under one heading', async () => {
  open('/playground');
  await heading('Sign in first');
  expect(screen.getAllByRole('heading', { level: 1 })).toHaveLength(1);
});

it('sends no token of one instance to another', async () => {
  addBookmark({ name: 'Box', url: 'https://box.test' });
  server.instance = claimed;
  await storeSession({}, own);
  open('/launcher');
  await waitFor(() => expect(server.operations('MemberInstance').length).toBeGreaterThan(0));
  const foreign = server.requests.filter(({ url }) => url.origin === 'https://box.test');
  expect(foreign.length).toBeGreaterThan(0);
  expect(foreign.filter(({ headers }) => headers.has('authorization') || headers.has('dpop'))).toEqual([]);
});

it.each([
  ['/nowhere', 'Page not found'],
  ['/instances/unknown', 'This browser does not know that instance'],
])('%s leads to the launcher', async (path, title) => {
  const { user, history } = open(path);
  await heading(title);
  await user.click(screen.getByRole('link', { name: 'Go to the launcher' }));
  await heading('Launcher');
  expect(history.location.pathname).toBe('/launcher');
});
