import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { StartupError } from '../errors.ts';
import { WrongKeyError } from '../secrets/sealing.ts';
import { type PassphraseInput, passphraseInput, withPassphrase } from './passphrase-input.ts';

/** Questions end what they write to, which a terminal does not mind. */
class Screen extends PassThrough {
  override end(): this {
    return this;
  }
}

/** A person who answers each question with the next of these. */
function typing(...answers: string[]) {
  const [input, output] = [new PassThrough(), new Screen()];
  const left = [...answers];
  let shown = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    // Later drawings of a question begin with a movement of the cursor.
    if (text.startsWith('? Passphrase')) setImmediate(() => input.write(left.shift() ?? '\u0003'));
  });
  return { terminal: { input, output }, shown: () => shown, left };
}

const inputs = { what: 'Passphrase', flag: '--passphrase-file' };

/** Opens what only `right` opens. */
const openWith = (input: PassphraseInput | undefined, right: string, isKeyFile = false) => {
  let attempts = 0;
  const opened = withPassphrase(input as PassphraseInput, async (read) => {
    attempts += 1;
    const passphrase = isKeyFile ? 'wrong' : Buffer.from(await read(false)).toString();
    if (passphrase === right) return 'opened';
    throw new StartupError('key_unusable', 'That is not it.', { cause: new WrongKeyError() });
  });
  return { opened, attempts: () => attempts };
};

describe('a passphrase that is typed', () => {
  test('wrongly is asked for again', async () => {
    const person = typing('wrong\n', 'wronger\n', 'right\n');
    const { opened, attempts } = openWith(passphraseInput({ ...inputs, terminal: person.terminal }), 'right');
    expect(await opened).toBe('opened');
    expect(attempts()).toBe(3);
    expect(person.shown().match(/That is not it\./g)).toHaveLength(2);
    for (const typed of ['wrong', 'right']) expect(person.shown()).not.toContain(typed);
  });

  test('is asked for once, however often it is read', async () => {
    const { terminal, left } = typing('right\n', 'another\n');
    const input = passphraseInput({ ...inputs, terminal }) as PassphraseInput;
    const second = await withPassphrase(input, async (read) => {
      (await read(false)).fill(0);
      return Buffer.from(await read(false)).toString();
    });
    expect(second).toBe('right');
    expect(left).toEqual(['another\n']);
  });

  test('as nothing is asked for again', async () => {
    const person = typing('\n', 'right\n');
    const { opened, attempts } = openWith(passphraseInput({ ...inputs, terminal: person.terminal }), 'right');
    expect(await opened).toBe('opened');
    expect(attempts()).toBe(1);
    expect(person.shown()).toContain('The passphrase is empty.');
  });

  test('wrongly three times is refused', async () => {
    const person = typing('1\n', '2\n', '3\n', 'right\n');
    const { opened, attempts } = openWith(passphraseInput({ ...inputs, terminal: person.terminal }), 'right');
    await expect(opened).rejects.toThrow('That is not it.');
    expect(attempts()).toBe(3);
    expect(person.left).toEqual(['right\n']);
  });

  test('is not asked for again after Ctrl-C', async () => {
    const person = typing('\u0003', 'right\n');
    const { opened, attempts } = openWith(passphraseInput({ ...inputs, terminal: person.terminal }), 'right');
    await expect(opened).rejects.toMatchObject({ code: 'interrupted' });
    expect(attempts()).toBe(1);
  });

  test('as a new one is asked for again when it is short or differs', async () => {
    const good = 'correct horse battery\n';
    const person = typing('short\n', good, 'correct house battery\n', good, good);
    const input = passphraseInput({ ...inputs, terminal: person.terminal });
    expect(Buffer.from((await input?.read(true)) ?? []).toString()).toBe(good.trimEnd());
    expect(person.shown()).toMatch(/has 5 characters.*The two passphrases differ/s);
  });
});

describe('nobody is asked again', () => {
  test('for a passphrase from the environment', async () => {
    const input = passphraseInput({ ...inputs, fromEnvironment: 'wrong', terminal: typing().terminal });
    const { opened, attempts } = openWith(input, 'right');
    await expect(opened).rejects.toThrow('That is not it.');
    expect(attempts()).toBe(1);
  });

  test('when it is a key file that is wrong', async () => {
    const person = typing('right\n');
    const input = passphraseInput({ ...inputs, terminal: person.terminal });
    const { opened, attempts } = openWith(input, 'right', true);
    await expect(opened).rejects.toThrow('That is not it.');
    expect(attempts()).toBe(1);
    expect(person.shown()).toBe('');
  });
});

test('without a terminal there is none to be had', () => {
  expect(passphraseInput({ ...inputs, terminal: undefined })).toBeUndefined();
});
