import { screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settle } from '../../../test/clock.ts';
import { type Answer, json, silence } from '../../../test/fake-network.ts';
import { InstanceServer } from '../../../test/instance-server.ts';
import { renderInApp } from '../../../test/render.tsx';
import { storeSession } from '../../../test/sessions.ts';
import { forgetClaimCode, rememberedClaimCode } from '../../instances/claim-code-from-fragment.ts';
import { InstanceClient } from '../InstanceClient.tsx';
import { ClaimPage } from './ClaimPage.tsx';

const code = 'ABCDE-12345';
let server: InstanceServer;

const answer = (claimInstance: object): Answer => json({ data: { claimInstance } });
const success = answer({ __typename: 'InstanceClaimed', instance: { id: 'instance-1', state: 'CLAIMED' } });
const wrong = answer({ __typename: 'WrongClaimCode', message: 'Wrong; 4 tries are left.', triesLeft: 4 });

beforeEach(() => {
  // The session storage of the test is that of the page's own instance.
  server = new InstanceServer(location.origin);
  server.answerOperation('ClaimInstance', success);
  vi.stubGlobal('fetch', server.fetch);
});

afterEach(forgetClaimCode);

async function open(baseUrl = location.origin) {
  await storeSession({}, baseUrl);
  const onClaimed = vi.fn();
  // As the page around it does: with another callback each time.
  const page = () => (
    <InstanceClient baseUrl={baseUrl}>
      <ClaimPage baseUrl={baseUrl} name="Lab" instance={server.instance} onClaimed={() => onClaimed()} />
    </InstanceClient>
  );
  const { user, rerender } = await renderInApp(page());
  return { user, onClaimed, rerender: () => rerender(page()) };
}

const claims = () => server.operations('ClaimInstance').map(({ variables }) => variables);
const words = () => document.body.textContent;

describe('with the code of the address', () => {
  beforeEach(() => sessionStorage.setItem('holdfast.claim-code', code));

  it('claims by itself, once, and forgets the code', async () => {
    const { onClaimed } = await open();
    await waitFor(() => expect(onClaimed).toHaveBeenCalledOnce());
    await settle();
    expect(claims()).toEqual([{ code }]);
    expect(rememberedClaimCode(location.origin)).toBeUndefined();
  });

  it('sends a code that was judged wrong never again by itself', async () => {
    server.answerOperation('ClaimInstance', wrong);
    const { onClaimed } = await open();
    await screen.findByText('Wrong; 4 tries are left.');
    expect(rememberedClaimCode(location.origin)).toBeUndefined();
    expect(claims()).toHaveLength(1);
    expect(onClaimed).not.toHaveBeenCalled();
  });

  it('keeps a code that nobody has judged, and sends it again when asked to', async () => {
    server.answerOperation(
      'ClaimInstance',
      answer({ __typename: 'CloudUnavailable', message: 'The cloud does not answer.' }),
      success,
    );
    const { user, onClaimed, rerender } = await open();
    await screen.findByText('The cloud does not answer.');
    expect(rememberedClaimCode(location.origin)).toBe(code);
    rerender();
    await settle();
    expect(claims()).toEqual([{ code }]);
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(onClaimed).toHaveBeenCalledOnce());
    expect(claims()).toEqual([{ code }, { code }]);
  });

  it('never gives it to another instance', async () => {
    await open('https://other.test');
    await settle();
    expect(server.requests.filter(({ body }) => body.includes('ClaimInstance'))).toEqual([]);
    expect(rememberedClaimCode(location.origin)).toBe(code);
    expect(words()).toContain('Claim code');
  });
});

it('counts down to the end of the time for claiming', async () => {
  const claimWindowEnd = new Date(Date.now() + 610_000).toISOString();
  server.instance = { ...server.instance, claimWindowEnd };
  await open();
  expect((await screen.findByRole('timer')).textContent).toMatch(
    /^Codes are accepted for another 10:(10|0\d)$/,
  );
});

describe('the tries that are left', () => {
  const locked = 'This page notices the restart by itself.';

  it('are said from the start', async () => {
    server.claimTriesLeft = 2;
    await open();
    await screen.findByText('2 tries are left until the instance is restarted.');
  });

  it('are none: the page is locked from the start, and goes on after a restart', async () => {
    server.claimTriesLeft = 0;
    const { rerender } = await open();
    await screen.findByText(locked);
    expect(screen.queryByLabelText(/^Claim code/)).toBeNull();
    server.claimTriesLeft = 5;
    server.instance = { ...server.instance };
    rerender();
    await screen.findByText('5 tries are left until the instance is restarted.');
  });

  it('were used up just now: the page is locked in the words of the answer, until a restart', async () => {
    server.answerOperation('ClaimInstance', (request) => {
      server.claimTriesLeft = 0;
      return answer({ __typename: 'WrongClaimCode', message: 'The last try.', triesLeft: 0 })(request);
    });
    const { user, rerender } = await open();
    await user.type(await screen.findByLabelText(/^Claim code/), 'abcde12345{Enter}');
    await screen.findByText('The last try.');
    await screen.findByText(locked);
    server.claimTriesLeft = 5;
    server.instance = { ...server.instance };
    rerender();
    await screen.findByLabelText(/^Claim code/);
  });

  it('stay what they were while the instance restarts', async () => {
    server.claimTriesLeft = 0;
    const { rerender } = await open();
    await screen.findByText(locked);
    server.answerOperation('ClaimTries', silence);
    server.instance = { ...server.instance };
    rerender();
    await waitFor(() => expect(server.operations('ClaimTries').length).toBeGreaterThan(1));
    await settle();
    expect(words()).toContain(locked);
  });

  it('that an older instance does not count keep nobody from claiming', async () => {
    server.answerOperation(
      'ClaimTries',
      json({ errors: [{ message: 'Cannot query field "claimTriesLeft".' }] }, { status: 400 }),
    );
    const { user, onClaimed } = await open();
    await user.type(await screen.findByLabelText(/^Claim code/), 'abcde12345{Enter}');
    await waitFor(() => expect(onClaimed).toHaveBeenCalledOnce());
  });
});

it('a window that was closed for a code opens again after a restart', async () => {
  const closed = { ...server.instance };
  server.answerOperation('ClaimInstance', answer({ __typename: 'ClaimWindowClosed', message: 'Too late.' }));
  const { user, rerender } = await open();
  await user.type(await screen.findByLabelText(/^Claim code/), 'abcde12345{Enter}');
  await screen.findByText('Too late.');
  server.instance = {
    ...closed,
    notices: [{ code: 'CLAIM_WINDOW_CLOSED', message: 'Over.', since: '2026-11-23T12:00:00.000Z' }],
  };
  rerender();
  await screen.findByText('This page notices the restart by itself.');
  server.instance = closed;
  rerender();
  await screen.findByLabelText(/^Claim code/);
});

describe('with a code that is typed', () => {
  const field = () => screen.findByLabelText(/^Claim code/);

  it('claims', async () => {
    const { user, onClaimed } = await open();
    expect(claims()).toEqual([]);
    await user.type(await field(), 'abcde12345{Enter}');
    await waitFor(() => expect(onClaimed).toHaveBeenCalledOnce());
    expect(claims()).toEqual([{ code }]);
  });

  it('sends it with the token of the person, in the body only', async () => {
    const { user } = await open();
    await user.type(await field(), 'abcde12345{Enter}');
    await waitFor(() => expect(claims()).toHaveLength(1));
    const [claim] = server.operations('ClaimInstance');
    expect(claim?.headers.get('authorization')).toBe('DPoP access-token-1');
    expect(claim?.url.search).toBe('');
  });

  it('asks again after a wrong one, which is kept to be corrected', async () => {
    server.answerOperation('ClaimInstance', wrong, success);
    const { user, onClaimed } = await open();
    await user.type(await field(), 'abcde12345{Enter}');
    await screen.findByText('Wrong; 4 tries are left.');
    expect(((await field()) as HTMLInputElement).value).toBe(code);
    await user.clear(await field());
    await user.type(await field(), 'ZYXWV98765{Enter}');
    await waitFor(() => expect(onClaimed).toHaveBeenCalledOnce());
    expect(claims()).toEqual([{ code }, { code: 'ZYXWV-98765' }]);
  });

  it('says when the instance is gone, and that the code is still good', async () => {
    server.answerOperation('ClaimInstance', silence);
    const { user } = await open();
    await user.type(await field(), 'abcde12345{Enter}');
    await screen.findByText('Your code has not been used up.');
  });
});
