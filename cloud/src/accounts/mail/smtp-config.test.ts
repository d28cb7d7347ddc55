import { expect, test } from 'vitest';
import { parseSmtpUrl, refusePasswordInArguments } from './smtp-config.ts';

test.each([
  ['smtps://ada:s3cret@mail.example.com:465', false],
  ['smtp://mail.example.com', true],
  ['smtp://ada:s3cret@mail.example.com:587/', true],
  ['smtp://127.0.0.1:1025', false],
  ['smtp://localhost', false],
])('%s; STARTTLS required: %s', (url, requireTls) => expect(parseSmtpUrl(url)).toMatchObject({ requireTls }));

test.each([
  '',
  'mail.example.com',
  'https://ada:s3cret@mail.example.com',
  'smtp://',
  'smtp://ada:s3cret@mail.example.com/x',
  'smtp://mail.example.com?s3cret',
])('“%s” is refused, and not quoted', (url) => {
  expect(() => parseSmtpUrl(url)).toThrow(/not the address of a mail server/);
  expect(() => parseSmtpUrl(url)).not.toThrow(/s3cret/);
  // Where to write a password is where one is taken from.
  expect(() => parseSmtpUrl(url)).toThrow(
    /PASSWORD@HOST:PORT, in the environment variable HOLDFAST_CLOUD_SMTP_URL only/,
  );
});

test('a password is not taken from the command line', () => {
  expect(() => refusePasswordInArguments('smtps://ada:s3cret@mail.example.com')).toThrow(
    /HOLDFAST_CLOUD_SMTP_URL/,
  );
  expect(() => refusePasswordInArguments('smtps://ada:s3cret@mail.example.com')).not.toThrow(/s3cret/);
  for (const url of [undefined, 'smtp://localhost:25', 'smtp://ada@mail.example.com'])
    refusePasswordInArguments(url);
});
