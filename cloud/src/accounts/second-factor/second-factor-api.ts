import { Hono } from 'hono';
import { HttpError } from '../../errors.ts';
import { clientAddress } from '../../http/client-address.ts';
import { readJsonObject } from '../../http/json-body.ts';
import { countAttempt } from '../../http/too-many-attempts.ts';
import { takeBackAll } from '../../rate-limit.ts';
import type { AccountEnvironment } from '../account-api.ts';
import { requireConfirmation } from '../confirmation.ts';
import type { AccountLinks } from '../mail/account-links.ts';
import { type SecondFactorAttempts, signedIn } from './second-factor-attempts.ts';
import type { SecondFactors } from './second-factors.ts';

export interface SecondFactorApiContext {
  readonly secondFactors: SecondFactors;
  readonly secondFactorAttempts: SecondFactorAttempts;
  readonly links: AccountLinks;
}

/** `/api/account/second-factor`: its state, and `POST begin | on | off | recovery-codes`. */
export function secondFactorApi(context: SecondFactorApiContext): Hono<AccountEnvironment> {
  const { secondFactors, secondFactorAttempts, links } = context;
  const api = new Hono<AccountEnvironment>();

  api.get('/', async (c) => {
    const { on, recoveryCodesLeft } = await secondFactors.stateOf(c.get('account').id);
    return c.json({ on, recovery_codes_left: recoveryCodesLeft });
  });

  api.post('/begin', requireConfirmation, async (c) => {
    const { id, email } = c.get('account');
    const enrolment = await secondFactors.begin(id, email);
    if (!enrolment) throw alreadyOn();
    return c.json(enrolment);
  });

  api.post('/on', requireConfirmation, async (c) => {
    const { id } = c.get('account');
    const { code } = await readJsonObject(c);
    const address = clientAddress(c.env.incoming);
    const counted = secondFactorAttempts.keysOf(id, address, code, signedIn);
    countAttempt(...counted);
    if (await secondFactors.isOn(id)) throw alreadyOn();
    const codes =
      typeof code === 'string'
        ? await secondFactors.turnOn(c.get('account'), code.replace(/\s/g, ''))
        : undefined;
    if (!codes) throw new HttpError(403, 'wrong_code', 'This is not the code that the app shows now.');
    takeBackAll(counted);
    links.tell(c.get('account'), 'second_factor_on');
    return c.json({ recovery_codes: codes });
  });

  api.post('/recovery-codes', requireConfirmation, async (c) => {
    const { id } = c.get('account');
    if (!(await secondFactors.isOn(id))) {
      throw new HttpError(
        409,
        'second_factor_off',
        'There is no second factor that they could stand in for.',
      );
    }
    return c.json({ recovery_codes: await secondFactors.renewRecoveryCodes(c.get('account')) });
  });

  api.post('/off', requireConfirmation, async (c) => {
    const wasOn = await secondFactors.turnOff(c.get('account'));
    if (wasOn) links.tell(c.get('account'), 'second_factor_off');
    return c.json({ on: false });
  });

  return api;
}

function alreadyOn(): HttpError {
  return new HttpError(409, 'second_factor_on', 'A second factor is on already. Turn it off first.');
}
