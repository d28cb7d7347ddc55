import { screen, within } from '@testing-library/react';
import type { ComponentProps } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { deviceRequest } from '../../../test/device-requests.ts';
import { renderInApp } from '../../../test/render.tsx';
import { CloudError } from '../api/cloud-request.ts';
import { DevicePageView } from './DevicePageView.tsx';
import { type DeviceProblem, explainDeviceProblem } from './device-problem.ts';
import type { DeviceState } from './device-state.ts';

type Props = ComponentProps<typeof DevicePageView>;
type Foreign = Extract<DeviceState, { step: 'foreign' }>;
type Review = Extract<DeviceState, { step: 'review' }>;

const ada = { id: 'account-1', name: 'Ada Lovelace', email: 'ada@example.test' };
const enterCode: DeviceState = { step: 'enter-code', userCode: '', submitting: false, problem: undefined };

function problem(code: string): DeviceProblem {
  return explainDeviceProblem(new CloudError(code, 400));
}

function review(changes: Partial<Review> = {}): Review {
  return {
    step: 'review',
    request: deviceRequest(),
    bound: true,
    suggestedName: 'Ada’s instance',
    deciding: undefined,
    problem: undefined,
    ...changes,
  };
}

function foreign(changes: Partial<Foreign> = {}): Foreign {
  const instance = { claimed: true, foreign: true };
  return {
    step: 'foreign',
    request: deviceRequest({ instance }),
    denying: false,
    problem: undefined,
    ...changes,
  };
}

async function open(state: DeviceState, props: Partial<Props> = {}) {
  const actions = {
    onSubmitCode: vi.fn<Props['onSubmitCode']>(),
    onApprove: vi.fn<Props['onApprove']>(),
    onDeny: vi.fn<Props['onDeny']>(),
    onExpire: vi.fn<Props['onExpire']>(),
    onRetry: vi.fn<Props['onRetry']>(),
    onStartOver: vi.fn<Props['onStartOver']>(),
    onUseAnotherAccount: vi.fn<Props['onUseAnotherAccount']>(),
    onSignInAgain: vi.fn<Props['onSignInAgain']>(),
  };
  const page = (shown: DeviceState) => (
    <DevicePageView account={ada} state={shown} signOutError={null} {...actions} {...props} />
  );
  const { user, rerender } = await renderInApp(page(state));
  return { user, actions, show: (next: DeviceState) => rerender(page(next)) };
}

const heading = () => screen.getByRole('heading', { level: 1 });
const button = (name: string) => screen.getByRole('button', { name });

describe('each step', () => {
  it.each<[DeviceState, string]>([
    [enterCode, 'Enter a code'],
    [{ step: 'looking-up' }, 'Approve a sign-in'],
    [review(), 'Approve this sign-in?'],
    [{ step: 'approved', instanceName: 'Lab' }, 'Approved'],
    [foreign(), 'This instance belongs to someone else'],
    [{ step: 'denied' }, 'Denied'],
    [{ step: 'stopped', problem: problem('access_denied') }, 'This sign-in cannot go on'],
  ])('says what it is and whose account decides: $step', async (state, title) => {
    await open(state);
    expect(heading().textContent).toBe(title);
    expect(document.body.textContent).toContain('Signed in as Ada Lovelace (ada@example.test).');
    expect(screen.getAllByRole('button', { name: 'Use another account' })).toHaveLength(1);
  });

  it('that follows another has the focus on its heading', async () => {
    const { show } = await open(review());
    expect(document.activeElement).toBe(document.body);
    show({ step: 'denied' });
    expect(document.activeElement).toBe(heading());
  });

  it('offers another account', async () => {
    const { user, actions } = await open(review());
    await user.click(button('Use another account'));
    expect(actions.onUseAnotherAccount).toHaveBeenCalledOnce();
  });

  it('says when signing out failed', async () => {
    await open(enterCode, { signOutError: new CloudError('cloud_unreachable', 0) });
    expect(screen.getByRole('alert').textContent).toContain('This cloud does not answer');
  });
});

describe('entering a code', () => {
  const field = () => screen.getByLabelText<HTMLInputElement>(/^Code/);

  it('writes it in groups and submits it in its canonical form', async () => {
    const { user, actions } = await open(enterCode);
    await user.type(field(), 'wdjbmjht');
    expect(field().value).toBe('WDJB-MJHT');
    await user.click(button('Continue'));
    expect(actions.onSubmitCode).toHaveBeenCalledWith('WDJB-MJHT');
  });

  it('sends nothing that cannot be a code, and says what one looks like', async () => {
    const { user, actions } = await open(enterCode);
    await user.type(field(), 'WDJB{Enter}');
    expect(actions.onSubmitCode).not.toHaveBeenCalled();
    expect(screen.getByText('A code has eight letters, like WDJB-MJHT.')).toBeTruthy();
    expect(document.activeElement).toBe(field());
    await user.type(field(), 'M');
    expect(screen.queryByText('A code has eight letters, like WDJB-MJHT.')).toBeNull();
  });

  it('leaves corrections in the middle alone', async () => {
    const { user } = await open({ ...enterCode, userCode: 'WDJB-MJHT' });
    await user.type(field(), 'x', { initialSelectionStart: 1, initialSelectionEnd: 2 });
    expect(field().value).toBe('WxJB-MJHT');
    expect(field().selectionStart).toBe(2);
  });

  it('keeps the code that was refused, beside the reason', async () => {
    await open({ ...enterCode, userCode: 'WDJB-MJHT', problem: problem('invalid_user_code') });
    expect(field().value).toBe('WDJB-MJHT');
    expect(screen.getByRole('alert').textContent).toContain('This cloud does not know the code');
  });

  it('says nothing about the code before, once another is typed', async () => {
    const { user } = await open({ ...enterCode, problem: problem('expired_token') });
    expect(screen.getByRole('alert').textContent).toContain('This code has expired');
    await user.type(field(), 'WDJB');
    expect(screen.queryByRole('alert')).toBeNull();
    await user.type(field(), '{Enter}');
    expect(screen.queryByRole('alert')).toBeNull();
    expect(screen.getByText('A code has eight letters, like WDJB-MJHT.')).toBeTruthy();
  });

  it('says again why a code was refused that is sent a second time', async () => {
    const refused = { ...enterCode, userCode: 'WDJB-MJHT', problem: problem('invalid_user_code') };
    const { user, actions, show } = await open(refused);
    await user.type(field(), '{Backspace}T{Enter}');
    expect(actions.onSubmitCode).toHaveBeenCalledWith('WDJB-MJHT');
    show({ ...refused, submitting: true });
    expect(screen.queryByRole('alert')).toBeNull();
    show(refused);
    expect(screen.getByRole('alert').textContent).toContain('This cloud does not know the code');
  });
});

describe('reviewing a request', () => {
  it('shows the code to compare, and how long it lives', async () => {
    await open(review());
    expect(screen.getByText('WDJB-MJHT')).toBeTruthy();
    expect(screen.getByRole('timer').textContent).toMatch(/^Expires in 2:5\d$/);
  });

  it('shows which instance asks, from where, with what and since when', async () => {
    await open(review({ request: deviceRequest({ instance: { name: 'Lab', claimed: true } }) }));
    const words = document.body.textContent;
    for (const fact of [
      'Lab',
      'instance-1',
      'http://127.0.0.1:8080',
      'Firefox 140 on Linux',
      '203.0.113.7',
      '2 minutes ago',
    ]) {
      expect(words).toContain(fact);
    }
    expect(words).not.toContain('unverified');
  });

  describe('names the address of the page that asks', () => {
    const openAt = async (origin: string, known_origins: string[] = []) => {
      const request = deviceRequest({ requested_from: { origin }, instance: { known_origins } });
      await open(review({ request, bound: false }));
      const [term] = screen.getAllByText('Page address');
      return term?.nextElementSibling as HTMLElement;
    };

    it('and asks to compare it where nothing is known about it', async () => {
      const fact = await openAt('https://lab.example.test');
      expect(fact.textContent).toBe(
        'https://lab.example.testCompare it with the address of the tab that shows the code.',
      );
    });

    it('and says that the instance was used there before', async () => {
      const fact = await openAt('https://lab.example.test', ['https://lab.example.test', 'https://b.test']);
      expect(fact.textContent).toBe('https://lab.example.testThis instance was used at this address before.');
    });

    it('and says where the instance was used until now, if that was elsewhere', async () => {
      const fact = await openAt('https://evil.test', ['https://lab.example.test', 'http://127.0.0.1:8080']);
      expect(fact.textContent).toContain('Compare it with the address of the tab');
      expect(fact.textContent).toContain(
        'This instance was not used there before. Until now it was used at:https://lab.example.testhttp://127.0.0.1:8080',
      );
    });

    it('cut in the middle if it is long, but whole for screen readers', async () => {
      const long = `https://lab.example.test.${'a'.repeat(200)}.evil.test`;
      const fact = await openAt(long);
      const seen = within(fact).getByText(/…/);
      expect(seen.textContent).toMatch(/^https:\/\/lab\.exa.*…a+\.evil\.test$/);
      expect(seen.getAttribute('aria-hidden')).toBe('true');
      expect(within(fact).getByText(long).closest('[aria-hidden]')).toBeNull();
      expect(within(fact).getByTitle(long)).toBeTruthy();
    });

    it.each([
      ['https://xn--80ak6aa92e.test', true],
      ['https://a.xn--80ak6aa92e', true],
      ['https://axn--b.test', false],
    ])('and says what letters of other alphabets look like: %s', async (origin, isSaid) => {
      const { textContent } = await openAt(origin);
      expect(textContent.includes('“xn--” stands for letters')).toBe(isSaid);
    });
  });

  it('says when no page asks but a program', async () => {
    await open(review({ request: deviceRequest({ requested_from: { origin: null, user_agent: '' } }) }));
    expect(document.body.textContent).toContain('None: a program asks, not a page');
    expect(document.body.textContent).toContain('A program that does not say its name');
  });

  it('shows the name that an unclaimed instance gives itself as text, and as unverified', async () => {
    const name = '<img src=x onerror=alert(1)>';
    await open(review({ request: deviceRequest({ instance: { name } }) }));
    expect(screen.getByText(name)).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
    expect(screen.getByText('unverified')).toBeTruthy();
    expect(document.body.textContent).toContain('This instance has no owner yet');
  });

  it('says that the sign-in began in this browser, and in which page, once that is proven', async () => {
    await open(review());
    expect(screen.getByRole('alert').textContent).toContain('Started in this browser');
    expect(screen.getByRole('alert').textContent).toContain('http://127.0.0.1:8080');
    expect(screen.queryByLabelText(/^Match code/)).toBeNull();
  });

  describe('that may have begun elsewhere', () => {
    const origin = 'https://lab.example.test';
    const claimedAt = (...known_origins: string[]) =>
      deviceRequest({ requested_from: { origin }, instance: { claimed: true, known_origins } });
    const unbound = review({ bound: false, request: claimedAt('https://other.example.test') });

    it('warns of codes that others have sent, and puts Deny first', async () => {
      await open(unbound);
      expect(screen.getByRole('alert').textContent).toContain('Somebody else may have sent you the code');
      const [first, second] = ['Deny', 'Approve'].map((name) => button(name));
      expect(first?.compareDocumentPosition(second as Node)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
      expect(first?.dataset.variant).toBe('filled');
      expect(second?.dataset.variant).toBe('default');
    });

    it('says so where no page is known yet, what to compare, and when to deny all the same', async () => {
      await open(review({ bound: false, request: claimedAt() }));
      const words = screen.getByRole('alert').textContent;
      expect(words).toContain('First sign-in to this instance from this address');
      expect(words).toContain('next time, one click is enough');
      expect(words).toContain('Deny if no such tab is in front of you: somebody else may have sent you');
      expect(screen.getByLabelText(/^Match code/)).toBeTruthy();
    });

    it.each([
      ['a page that could prove it has not', { ...claimedAt(), binding: { origin, challenge: 'c' } }],
      ['the instance was used elsewhere only', claimedAt('https://other.example.test')],
      ['a program asks', deviceRequest({ requested_from: { origin: null }, instance: { claimed: true } })],
      ['nobody owns the instance', deviceRequest({ requested_from: { origin } })],
    ])('does not take it for the first sign-in where %s', async (_where, request) => {
      await open(review({ bound: false, request }));
      expect(screen.getByRole('alert').textContent).toContain('Did you start this yourself, just now?');
    });

    it.each(['', '7', 'ab', '7 '])('does not approve without a match code: %j', async (typed) => {
      const { user, actions } = await open(unbound);
      const field = screen.getByLabelText(/^Match code/);
      if (typed !== '') await user.type(field, typed);
      await user.click(button('Approve'));
      expect(actions.onApprove).not.toHaveBeenCalled();
      expect(screen.getByText('The match code has two digits.')).toBeTruthy();
      expect(document.activeElement).toBe(field);
    });

    it('approves with one', async () => {
      const { user, actions } = await open(unbound);
      await user.type(screen.getByLabelText(/^Match code/), '07');
      await user.click(button('Approve'));
      expect(actions.onApprove).toHaveBeenCalledExactlyOnceWith({ matchCode: '07' });
    });
  });

  it('approves an unclaimed instance with the name that it shall bear', async () => {
    const { user, actions } = await open(review());
    const name = screen.getByLabelText<HTMLInputElement>(/^Name of the instance/);
    expect(name.value).toBe('Ada’s instance');
    await user.clear(name);
    await user.type(name, ' Lab ');
    await user.click(button('Approve'));
    expect(actions.onApprove).toHaveBeenCalledExactlyOnceWith({ instanceName: 'Lab' });
  });

  it('does not approve an unclaimed instance without a name', async () => {
    const { user, actions } = await open(review());
    const name = screen.getByLabelText(/^Name of the instance/);
    await user.clear(name);
    await user.click(button('Approve'));
    expect(actions.onApprove).not.toHaveBeenCalled();
    expect(screen.getByText('Give the instance a name.')).toBeTruthy();
    expect(document.activeElement).toBe(name);
  });

  it('approves a claimed instance as it is', async () => {
    const { user, actions } = await open(review({ request: deviceRequest({ instance: { claimed: true } }) }));
    expect(screen.queryByLabelText(/^Name of the instance/)).toBeNull();
    await user.click(button('Approve'));
    expect(actions.onApprove).toHaveBeenCalledExactlyOnceWith({});
  });

  it('denies with one click, whatever the name is', async () => {
    const { user, actions } = await open(review());
    await user.clear(screen.getByLabelText(/^Name of the instance/));
    await user.click(button('Deny'));
    expect(actions.onDeny).toHaveBeenCalledOnce();
    expect(actions.onApprove).not.toHaveBeenCalled();
  });

  it('decides nothing by itself', async () => {
    const { actions } = await open(review());
    expect(actions.onApprove).not.toHaveBeenCalled();
    expect(actions.onDeny).not.toHaveBeenCalled();
  });

  it.each([
    ['approve', 'Deny'],
    ['deny', 'Approve'],
  ] as const)('takes no second decision while it sends one: %s', async (deciding, other) => {
    await open(review({ deciding }));
    expect(button(other)).toHaveProperty('disabled', true);
    expect(button(deciding === 'approve' ? 'Approve' : 'Deny')).toHaveProperty('disabled', true);
  });

  it('says why the last decision did not arrive, and lets it be sent again', async () => {
    await open(review({ problem: problem('cloud_unreachable') }));
    const alerts = screen.getAllByRole('alert').map(({ textContent }) => textContent);
    expect(alerts.join()).toContain('This cloud does not answer');
    expect(button('Approve')).toHaveProperty('disabled', false);
  });

  it('asks the cloud, whose clock decides, when the time is over', async () => {
    const request = deviceRequest({ expires_at: new Date(Date.now() - 1).toISOString() });
    const { actions } = await open(review({ request }));
    expect(actions.onExpire).toHaveBeenCalledOnce();
  });
});

describe('somebody else’s instance', () => {
  it('says that there is nothing to approve, which page asks, and no name', async () => {
    await open(foreign());
    const words = document.body.textContent;
    expect(words).toContain('you cannot approve this sign-in');
    expect(words).toContain('http://127.0.0.1:8080');
    expect(words).toContain('instance-1');
    expect(words).not.toContain('Unnamed');
    expect(screen.queryByRole('button', { name: 'Approve' })).toBeNull();
  });

  it('says when a program asks', async () => {
    const request = deviceRequest({ requested_from: { origin: null }, instance: { foreign: true } });
    await open(foreign({ request }));
    expect(document.body.textContent).toContain('A program asks for the instance');
  });

  it('can be ended, or decided as somebody else', async () => {
    const { user, actions } = await open(foreign());
    await user.click(button('Use another account'));
    expect(actions.onUseAnotherAccount).toHaveBeenCalledOnce();
    await user.click(button('End the sign-in'));
    expect(actions.onDeny).toHaveBeenCalledOnce();
  });

  it('says why the end did not arrive', async () => {
    await open(foreign({ problem: problem('cloud_unreachable') }));
    expect(screen.getByRole('alert').textContent).toContain('This cloud does not answer');
  });

  it('asks the cloud, whose clock decides, when the time is over', async () => {
    const request = deviceRequest({ expires_at: new Date(Date.now() - 1).toISOString() });
    const { actions } = await open(foreign({ request }));
    expect(actions.onExpire).toHaveBeenCalledOnce();
  });
});

describe('after the decision', () => {
  it.each([
    ['Lab', true],
    [undefined, false],
  ])('an approval says where to go on (name %s)', async (instanceName, mentionsClaim) => {
    await open({ step: 'approved', instanceName });
    expect(document.body.textContent).toContain('Go back to the other tab');
    expect(document.body.textContent.includes('asks for the claim code unless')).toBe(mentionsClaim);
  });

  it('a denial says that nobody was signed in', async () => {
    await open({ step: 'denied' });
    expect(document.body.textContent).toContain('Nobody was signed in');
  });

  it('another code can be entered', async () => {
    const { user, actions } = await open({ step: 'denied' });
    await user.click(button('Enter another code'));
    expect(actions.onStartOver).toHaveBeenCalledOnce();
  });
});

describe('a problem has one way out', () => {
  it.each([
    ['access_denied', 'Use another account', 'onUseAnotherAccount'],
    ['login_required', 'Sign in again', 'onSignInAgain'],
    ['expired_token', 'Enter another code', 'onStartOver'],
    ['cloud_unreachable', 'Try again', 'onRetry'],
  ] as const)('%s: %s', async (code, name, action) => {
    const { user, actions } = await open({ step: 'stopped', problem: problem(code) });
    await user.click(within(screen.getByRole('alert')).getByRole('button', { name }));
    expect(actions[action]).toHaveBeenCalledOnce();
  });
});
