import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { confirmReset, type ResetFlags } from './confirm-reset.ts';

const registered = {
  dataPath: '/data/instance',
  registration: { issuer: 'https://cloud.test', clientId: 'i1' },
};

/** A person at a terminal who types this once there is a question. */
function typing(keys: string) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let shown = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    if (!shown.includes('?') && text.includes('?')) setImmediate(() => input.write(keys));
    shown += text;
  });
  return { terminal: { input, output }, shown: () => shown };
}

test('whether a reset is wanted', () => {
  expect(confirmReset({ resetCredentials: true }, undefined)).toBeTypeOf('function');
  expect(confirmReset({}, undefined)).toBeUndefined();
  expect(confirmReset({ yes: true }, undefined)).toBeUndefined();
});

describe('without a terminal', () => {
  const ask = async (flags: ResetFlags) =>
    confirmReset({ resetCredentials: true, ...flags }, undefined)?.(registered);

  test('--yes says yes', async () => {
    expect(await ask({ yes: true })).toBe(true);
  });

  test('nobody else does', async () => {
    await expect(ask({})).rejects.toMatchObject({
      code: 'reset_unconfirmed',
      message: expect.stringMatching(/\/data\/instance were not reset: .* Add --yes /),
    });
  });
});

describe('at a terminal', () => {
  test.each([
    ['y\n', true],
    ['yes\n', true],
    ['n\n', false],
    ['\n', false],
    ['\u0003', false],
  ])('%j: %s', async (keys, answer) => {
    const { terminal } = typing(keys);
    expect(await confirmReset({ resetCredentials: true }, terminal)?.(registered)).toBe(answer);
  });

  test('the person reads what goes, what stays, and where', async () => {
    const { terminal, shown } = typing('n\n');
    await confirmReset({ resetCredentials: true }, terminal)?.(registered);
    for (const text of [
      'in /data/instance',
      'at https://cloud.test as i1',
      'no owner',
      'everybody is signed out',
      'whoever claims the instance next can use it',
    ])
      expect(shown()).toContain(text);
  });

  test('secrets that are missing are called missing', async () => {
    const { terminal, shown } = typing('n\n');
    const ask = confirmReset({ resetCredentials: true }, terminal);
    await ask?.({ dataPath: '/data/instance', registration: undefined });
    expect(shown()).toContain('The secrets of the instance in /data/instance are missing');
  });
});
