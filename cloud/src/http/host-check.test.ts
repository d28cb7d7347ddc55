import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { isMeantFor, replaceForwardingHeaders } from './host-check.ts';

function request(hosts: string[], url = '/', method = 'GET'): IncomingMessage {
  const rawHeaders = ['Accept', 'host', ...hosts.flatMap((host) => ['Host', host])];
  return { rawHeaders, url, method } as IncomingMessage;
}

test.each([
  ['http://localhost:7070', 'localhost:7070'],
  ['http://localhost:7070', 'LOCALHOST:7070'],
  ['http://[::1]:7070', '[::1]:7070'],
  ['https://cloud.example.com', 'cloud.example.com'],
  ['https://cloud.example.com:8443', 'cloud.example.com:8443'],
])('%s answers to %s', (issuer, host) => expect(isMeantFor(issuer, request([host]))).toBe(true));

test.each([
  ['http://localhost:7070', 'localhost'],
  ['http://localhost:7070', 'localhost:70700'],
  ['http://localhost:7070', 'localhost.:7070'],
  ['http://localhost:7070', '127.0.0.1:7070'],
  ['http://[::1]:7070', '[0:0:0:0:0:0:0:1]:7070'],
  ['https://cloud.example.com', 'cloud.example.com:443'],
  ['https://cloud.example.com', 'cloud.example.com.'],
  ['https://cloud.example.com', 'cloud.example.com.evil.test'],
  ['https://cloud.example.com', 'evil.test'],
  ['https://cloud.example.com', 'cloud.example.com, evil.test'],
  ['https://cloud.example.com', ''],
])('%s does not answer to “%s”', (issuer, host) => expect(isMeantFor(issuer, request([host]))).toBe(false));

test('exactly one Host, whatever else has that value', () => {
  const issuer = 'http://localhost:7070';
  expect(isMeantFor(issuer, request([]))).toBe(false);
  expect(isMeantFor(issuer, request(['localhost:7070', 'localhost:7070']))).toBe(false);
  expect(isMeantFor(issuer, request(['localhost:7070', 'evil.test']))).toBe(false);
});

test.each(['http://localhost:7070/', '//localhost:7070/', '*', 'localhost:7070', ''])(
  'the target “%s” is not in origin form',
  (url) => expect(isMeantFor('http://localhost:7070', request(['localhost:7070'], url))).toBe(false),
);

test('CONNECT is for nobody', () => {
  expect(isMeantFor('http://localhost:7070', request(['localhost:7070'], '/', 'CONNECT'))).toBe(false);
});

test('what a client says about itself is replaced by the scheme of the issuer', () => {
  const headers = {
    host: 'cloud.example.com',
    accept: '*/*',
    forwarded: 'for=1.2.3.4',
    'x-forwarded-for': '1.2.3.4',
    'x-forwarded-host': 'evil.test',
    'x-forwarded-proto': 'http',
    'x-real-ip': '1.2.3.4',
  };
  replaceForwardingHeaders('https://cloud.example.com', { headers } as unknown as IncomingMessage);
  expect(headers).toEqual({ host: 'cloud.example.com', accept: '*/*', 'x-forwarded-proto': 'https' });
});
