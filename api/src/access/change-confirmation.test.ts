import { expect, test } from 'vitest';
import { ChangeConfirmation } from './change-confirmation.ts';
import { AccessError } from './errors.ts';
import type { AccessTokenClaims } from './token-verification.ts';

const claimsOf = (token: string): AccessTokenClaims => ({
  sub: 'account-1',
  email: 'ann@example.test',
  name: 'Ann',
  workspace: 'workspace-1',
  workspaceName: 'Ann’s workspace',
  role: 'owner',
  clientId: 'holdfast-web',
  jkt: 'thumbprint',
  grantId: 'grant-1',
  iat: 0,
  exp: 300,
  tokenHash: `hash of ${token}`,
});

/** A confirmation whose cloud answers when it is told to. */
function scene() {
  const asked: string[] = [];
  const answers: PromiseWithResolvers<boolean>[] = [];
  const time = { now: 1_000_000 };
  const confirmation = new ChangeConfirmation({
    isActive: async (token) => {
      asked.push(token);
      const answer = Promise.withResolvers<boolean>();
      answers.push(answer);
      return answer.promise;
    },
    now: () => time.now,
  });
  const confirm = async (token = 'token') => confirmation.confirm(token, claimsOf(token));
  return { asked, answers, time, confirmation, confirm };
}

test('row 28: for two minutes after the cloud was heard of, nobody is asked', async () => {
  const { asked, answers, time, confirmation, confirm } = scene();
  confirmation.noteContact();
  time.now += 120_000;
  await confirm();
  expect(asked).toEqual([]);
  time.now += 1;
  const waiting = confirm();
  expect(asked).toEqual(['token']);
  answers[0]?.resolve(true);
  await waiting;
});

test('row 28: an instance that has heard nothing since it started asks', async () => {
  const { asked, answers, confirm } = scene();
  const waiting = confirm();
  expect(asked).toEqual(['token']);
  answers[0]?.resolve(false);
  await expect(waiting).rejects.toMatchObject({
    code: 'invalid_token',
    status: 401,
    message: expect.stringContaining('does not count any more'),
    account: { id: 'account-1' },
  });
});

test('a clock that is set back does not make the last contact newer', async () => {
  const { asked, answers, time, confirmation, confirm } = scene();
  confirmation.noteContact();
  time.now -= 3_600_000;
  const waiting = confirm();
  expect(asked).toEqual(['token']);
  answers[0]?.resolve(true);
  await waiting;
});

test('several changes of one token at once ask once, and for two seconds nobody asks again', async () => {
  const { asked, answers, time, confirm } = scene();
  const waiting = [confirm(), confirm(), confirm('another')];
  expect(asked).toEqual(['token', 'another']);
  for (const answer of answers) answer.resolve(true);
  await Promise.all(waiting);
  time.now += 2_000;
  await confirm();
  expect(asked).toHaveLength(2);
  time.now += 1;
  const later = confirm();
  expect(asked).toEqual(['token', 'another', 'token']);
  answers[2]?.resolve(true);
  await later;
});

test('that the cloud gave no answer is not remembered', async () => {
  const { asked, answers, confirm } = scene();
  const refused = confirm();
  answers[0]?.reject(new AccessError('unconfirmed', 'no answer'));
  await expect(refused).rejects.toMatchObject({ code: 'unconfirmed', status: 503 });
  const waiting = confirm();
  expect(asked).toHaveLength(2);
  answers[1]?.resolve(true);
  await waiting;
});

test('row 37: no more than 100 tokens wait for an answer', async () => {
  const { asked, answers, confirm } = scene();
  const waiting = Array.from({ length: 100 }, (_, index) => confirm(`token ${index}`));
  await expect(confirm('one more')).rejects.toMatchObject({ code: 'unconfirmed' });
  expect(asked).toHaveLength(100);
  for (const answer of answers) answer.resolve(true);
  await Promise.all(waiting);
  const next = confirm('one more');
  answers[100]?.resolve(true);
  await next;
});
