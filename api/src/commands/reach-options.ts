// How an instance is reached from elsewhere, as commander options: of `holdfast serve` and of `npm start`.

import { Option } from 'commander';
import { defaultListen } from '../config.ts';
import { collectWords, switchOption } from './options.ts';

export function listenOption(): Option {
  return new Option('--listen <host:port>', 'address to listen on; localhost means IPv4 and IPv6 loopback')
    .env('HOLDFAST_LISTEN')
    .default(defaultListen);
}

export function allowOriginOption(): Option {
  return new Option(
    '--allow-origin <origin>',
    'web origin whose pages may use the instance; repeatable (default: none)',
  )
    .env('HOLDFAST_ALLOW_ORIGIN')
    .argParser(collectWords);
}

export function reachOptions(): Option[] {
  return [
    new Option(
      '--public-url <url>',
      'https address under which a proxy publishes the instance, without a path (default: where it listens)',
    ).env('HOLDFAST_PUBLIC_URL'),
    new Option(
      '--allow-host <host[:port]>',
      'further name that it answers to; repeatable (default: its address and the public one)',
    )
      .env('HOLDFAST_ALLOW_HOST')
      .argParser(collectWords),
    new Option(
      '--trusted-proxy <cidr>',
      'addresses of proxies that are believed whom they speak for; repeatable (default: none)',
    )
      .env('HOLDFAST_TRUSTED_PROXY')
      .argParser(collectWords),
    switchOption(
      '--dpop-nonce',
      'accept proofs of possession only with a nonce that the instance has handed out in the last minutes',
      'HOLDFAST_DPOP_NONCE',
    ),
    new Option(
      '--tls <source>',
      'answer over TLS, with a certificate that the instance makes and renews itself',
    )
      .env('HOLDFAST_TLS')
      .choices(['self-signed']),
    new Option(
      '--tls-cert <file>',
      'answer over TLS with this certificate and its chain (PEM); read again when it changes',
    ).env('HOLDFAST_TLS_CERT'),
    new Option('--tls-key <file>', 'private key of that certificate (PEM)').env('HOLDFAST_TLS_KEY'),
  ];
}

/** What a person compares before telling a browser to trust a certificate. */
export function fingerprintSentence(fingerprint: string): string {
  return `Its certificate is self-signed; trust it in the browser only with this SHA-256 fingerprint:\n${fingerprint}`;
}
