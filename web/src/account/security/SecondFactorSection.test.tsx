import { screen, within } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { AccountCloud, ada, routeOf } from '../../../test/account-cloud.ts';
import { json } from '../../../test/fake-network.ts';
import { renderInApp } from '../../../test/render.tsx';
import { ConfirmationProvider } from './confirmation.tsx';
import { SecondFactorSection } from './SecondFactorSection.tsx';

const enrolment = {
  secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  uri: 'otpauth://totp/Holdfast:ada?secret=GEZD',
};
const codes = ['aaaa-bbbb-cccc-dddd', 'eeee-ffff-gggg-hhhh'];
const confirmationRequired = json({ error: 'confirmation_required' }, { status: 403 });

let cloud: AccountCloud;

beforeEach(() => {
  cloud = new AccountCloud(ada);
  cloud.answerTo('/api/account/second-factor/begin', json(enrolment));
  cloud.answerTo('/api/account/second-factor/on', (request) => {
    cloud.secondFactor = { on: true, recovery_codes_left: 2 };
    return json({ recovery_codes: codes })(request);
  });
  cloud.answerTo('/api/account/second-factor/off', (request) => {
    cloud.secondFactor = { on: false, recovery_codes_left: 0 };
    return json({ on: false })(request);
  });
  cloud.answerTo('/api/account/confirmation', json({ confirmed_for: 300 }));
  vi.stubGlobal('fetch', cloud.fetch);
});

const open = async () =>
  renderInApp(
    <ConfirmationProvider accountId={ada.id}>
      <SecondFactorSection accountId={ada.id} />
    </ConfirmationProvider>,
  );
type User = Awaited<ReturnType<typeof open>>['user'];
const press = async (user: User, name: string) => user.click(await screen.findByRole('button', { name }));
const dialog = async (name: string) => within(await screen.findByRole('dialog', { name }));

it('is turned on with picture, key and a first code, and shows the recovery codes once', async () => {
  const { user } = await open();
  await press(user, 'Turn on');
  const enrol = await dialog('Turn on two-step sign-in');
  expect(enrol.getByTitle('QR code for your authenticator app')).toBeTruthy();
  expect(enrol.getByText('GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ')).toBeTruthy();
  await user.type(enrol.getByLabelText(/^Code/), ' 123456 ');
  await user.click(enrol.getByRole('button', { name: 'Turn on' }));
  const shown = await dialog('Your recovery codes');
  expect(shown.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual(codes);
  await vi.waitFor(() => expect(document.activeElement).toBe(shown.getByRole('list')));
  await user.keyboard('{Enter}{Escape}');
  const download = shown.getByRole<HTMLAnchorElement>('link', { name: 'Download' });
  expect(download.download).toBe('holdfast-recovery-codes.txt');
  expect(decodeURIComponent(download.href)).toMatch(/^data:text\/plain;/);
  expect(decodeURIComponent(download.href)).toContain(`\n${codes.join('\n')}\n`);
  await press(user, 'I have kept them');
  await vi.waitFor(() => expect(screen.queryByText('aaaa-bbbb-cccc-dddd')).toBeNull());
  expect(screen.getByText(/2 recovery codes are left/)).toBeTruthy();
  expect(cloud.posted('/api/account/second-factor/on')).toEqual([{ code: '123456' }]);
});

it('says that a code is wrong, and keeps the picture', async () => {
  cloud.answerTo('/api/account/second-factor/on', json({ error: 'wrong_code' }, { status: 403 }));
  const { user } = await open();
  await press(user, 'Turn on');
  const enrol = await dialog('Turn on two-step sign-in');
  await user.type(enrol.getByLabelText(/^Code/), '123456{Enter}');
  expect((await enrol.findByRole('alert')).textContent).toContain('This code is not right');
  expect(enrol.getByTitle('QR code for your authenticator app')).toBeTruthy();
});

it('asks for the password first when the last confirmation is old, then does what was asked', async () => {
  cloud.answerTo('/api/account/second-factor/begin', confirmationRequired, json(enrolment));
  cloud.answerTo(
    '/api/account/confirmation',
    json({ error: 'wrong_password' }, { status: 403 }),
    json({ confirmed_for: 300 }),
  );
  const { user } = await open();
  await press(user, 'Turn on');
  const confirm = await dialog('Confirm that it is you');
  await user.type(await confirm.findByLabelText(/^Your password/), 'wrong{Enter}');
  expect((await confirm.findByRole('alert')).textContent).toContain('This is not your password');
  await user.type(confirm.getByLabelText(/^Your password/), ' no more{Enter}');
  await dialog('Turn on two-step sign-in');
  expect(cloud.posted('/api/account/confirmation')).toEqual([
    { password: 'wrong' },
    { password: 'wrong no more' },
  ]);
});

it('asks for a code where it is on, and does nothing when that is cancelled', async () => {
  cloud.secondFactor = { on: true, recovery_codes_left: 1 };
  cloud.answerTo('/api/account/second-factor/off', confirmationRequired);
  const { user } = await open();
  await press(user, 'Turn off');
  const confirm = await dialog('Confirm that it is you');
  expect(confirm.queryByLabelText(/password/)).toBeNull();
  expect(await confirm.findByLabelText(/^Code/)).toBeTruthy();
  await user.click(confirm.getByRole('button', { name: 'Close' }));
  await vi.waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(screen.queryByRole('alert')).toBeNull();
  expect(screen.getByText(/1 recovery code is left/)).toBeTruthy();
  expect(cloud.requestsOf(routeOf('POST', '/api/account/second-factor/off'))).toHaveLength(1);
});

it.each([
  { turned: 'on', asks: /^Your password/, next: /^Code/, error: 'wrong_code' },
  { turned: 'off', asks: /^Code/, next: /^Your password/, error: 'wrong_password' },
])('asks for the other thing when it was turned $turned elsewhere meanwhile, and says so', async (change) => {
  const isOn = change.turned === 'on';
  cloud.secondFactor = { on: !isOn, recovery_codes_left: 8 };
  const act = isOn ? 'begin' : 'recovery-codes';
  cloud.answerTo(`/api/account/second-factor/${act}`, confirmationRequired);
  cloud.answerTo(
    '/api/account/confirmation',
    json({ error: change.error }, { status: 403 }),
    json({ error: change.error }, { status: 403 }),
    json({ confirmed_for: 300 }),
  );
  const { user } = await open();
  await press(user, isOn ? 'Turn on' : 'New recovery codes');
  const confirm = await dialog('Confirm that it is you');
  const first = await confirm.findByLabelText(change.asks, { selector: 'input' });
  cloud.secondFactor = { on: isOn, recovery_codes_left: 8 };
  await user.type(first, 'right{Enter}');
  const second = await confirm.findByLabelText(change.next, { selector: 'input' });
  expect(confirm.getByRole('alert').textContent).toContain(
    `Two-step sign-in was turned ${change.turned} elsewhere`,
  );
  expect(confirm.queryByLabelText(change.asks)).toBeNull();
  await vi.waitFor(() => expect(document.activeElement).toBe(second));
  await user.type(second, 'other{Enter}');
  await vi.waitFor(() => expect(confirm.getByRole('alert').textContent).toContain('not'));
  expect(confirm.getByRole('alert').textContent).not.toContain('elsewhere');
});

it('is turned off', async () => {
  cloud.secondFactor = { on: true, recovery_codes_left: 9 };
  const { user } = await open();
  await press(user, 'Turn off');
  expect(await screen.findByRole('button', { name: 'Turn on' })).toBeTruthy();
});
