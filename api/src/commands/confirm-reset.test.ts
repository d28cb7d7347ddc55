import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { confirmReset, type ResetFlags } from './confirm-reset.ts';

const registered = {
  dataPath: '/data/instance',
  registration: { issuer: 'https://cloud.test', clientId: 'i1' },
};
const noTerminal = { terminal: undefined, environment: {} };

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

describe('whether a reset is wanted', () => {
  const wanted: [ResetFlags, NodeJS.ProcessEnv][] = [
    [{ resetCredentials: true }, {}],
    [{}, { HOLDFAST_RESET_CREDENTIALS: '1' }],
  ];
  test.each(wanted)('%j, environment %j: yes', (flags, environment) => {
    expect(confirmReset(flags, { ...noTerminal, environment })).toBeTypeOf('function');
  });

  const unwanted: [ResetFlags, NodeJS.ProcessEnv][] = [
    [{}, {}],
    [{ yes: true }, { HOLDFAST_YES: '1' }],
    [{}, { HOLDFAST_RESET_CREDENTIALS: '' }],
    [{}, { HOLDFAST_RESET_CREDENTIALS: '0' }],
    [{}, { HOLDFAST_RESET_CREDENTIALS: 'no' }],
  ];
  test.each(unwanted)('%j, environment %j: no', (flags, environment) => {
    expect(confirmReset(flags, { ...noTerminal, environment })).toBeUndefined();
  });
});

describe('without a terminal', () => {
  const ask = async (flags: ResetFlags, environment: NodeJS.ProcessEnv = {}) =>
    confirmReset({ resetCredentials: true, ...flags }, { ...noTerminal, environment })?.(registered);

  test('--yes or HOLDFAST_YES=1 says yes', async () => {
    expect(await ask({ yes: true })).toBe(true);
    expect(await ask({}, { HOLDFAST_YES: '1' })).toBe(true);
  });

  test.each([{}, { HOLDFAST_YES: '0' }, { HOLDFAST_YES: '' }])('nobody says yes: %j', async (environment) => {
    await expect(ask({}, environment)).rejects.toMatchObject({
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
    expect(await confirmReset({ resetCredentials: true }, { terminal, environment: {} })?.(registered)).toBe(
      answer,
    );
  });

  test('the person reads what goes, what stays, and where', async () => {
    const { terminal, shown } = typing('n\n');
    await confirmReset({ resetCredentials: true }, { terminal, environment: {} })?.(registered);
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
    const ask = confirmReset({ resetCredentials: true }, { terminal, environment: {} });
    await ask?.({ dataPath: '/data/instance', registration: undefined });
    expect(shown()).toContain('The secrets of the instance in /data/instance are missing');
  });
});
