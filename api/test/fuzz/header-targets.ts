import type { IncomingHttpHeaders } from 'node:http';
import { isIP, Socket } from 'node:net';
import * as fc from 'fast-check';
import { createFarEnd } from '../../src/http/client-address.ts';
import { isAllowedOrigin } from '../../src/http/cors.ts';
import { createHostCheck } from '../../src/http/host-check.ts';
import { networksOf } from '../../src/http/networks.ts';
import { type Fuzzer, type FuzzTarget, fuzzerOf } from './fuzz.ts';
import { headerText, mutantsOf } from './text-mutants.ts';

const peer = '10.0.0.1';
const client = '203.0.113.9';
const farEnd = createFarEnd(['10.0.0.0/8']);
const [proxySocket, clientSocket] = [socketFrom(peer), socketFrom(client)];

interface HeadOfRequest {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly url: string;
  readonly method: string;
}

const ownHosts = ['127.0.0.1:8080', 'localhost:8080', '[::1]:8080', 'lab.example.com', 'lab.local:8443'];
/** With the port that browsers leave out. */
const hosts = new Set([...ownHosts, 'lab.example.com:443']);

const isMeantForIt = ({ headers, url, method }: HeadOfRequest) => {
  const given = headers.filter(([name]) => name.toLowerCase() === 'host');
  const [host] = given;
  const isOriginForm = /^\/(?!\/)/.test(url) && method !== 'CONNECT';
  return isOriginForm && given.length === 1 && host !== undefined && hosts.has(host[1].toLowerCase());
};

const hostCheck = createHostCheck({
  address: { host: '127.0.0.1', port: 8_080 },
  publicUrl: 'https://lab.example.com',
  allowedHosts: ['lab.local:8443'],
  schemeOf: () => 'http',
});

const hostHeaders: FuzzTarget<HeadOfRequest> = {
  name: 'Host headers',
  mutants: fc
    .record({
      headers: fc.array(
        fc.tuple(
          fc.constantFrom('Host', 'host', 'HOST', 'X-Forwarded-Host', 'Forwarded', 'Hos', 'Host2'),
          fc.oneof(fc.constantFrom(...ownHosts), ...ownHosts.map(mutantsOf), headerText),
        ),
        { maxLength: 3 },
      ),
      url: fc.oneof(
        fc.constantFrom(
          '/',
          '/',
          '/graphql',
          '//evil.test/',
          '*',
          '',
          'http://127.0.0.1:8080/',
          '127.0.0.1:8080',
        ),
        headerText,
      ),
      method: fc.constantFrom('GET', 'POST', 'CONNECT'),
    })
    .filter((head) => !isMeantForIt(head)),
  accepts: ({ headers, url, method }) =>
    hostCheck({ rawHeaders: headers.flat(), url, method, headers: {}, socket: clientSocket }) !== undefined,
};

interface Told {
  readonly name: 'x-forwarded-for' | 'forwarded';
  /** What the client wrote. */
  readonly lie: string;
  readonly isProxied: boolean;
}

const forwardedHeaders: FuzzTarget<Told> = {
  name: 'Forwarded and X-Forwarded-For headers',
  mutants: fc.record({
    name: fc.constantFrom('x-forwarded-for', 'forwarded'),
    lie: fc.oneof(
      mutantsOf('192.0.2.1, [2001:db8::1]:80, 10.0.0.7'),
      mutantsOf('for=192.0.2.1;proto=https;by="[2001:db8::1]:80", for="_hidden\\"", for=unknown'),
      mutantsOf('10.0.0.3, ::ffff:10.0.0.4, fe80::1%eth0'),
      headerText,
      fc.ipV4(),
      fc.ipV6(),
    ),
    isProxied: fc.boolean(),
  }),
  accepts({ name, lie, isProxied }) {
    // What a proxy adds comes last; without one the client writes all of it.
    const added = name === 'forwarded' ? `for=${client}` : client;
    const told = isProxied ? `${lie}, ${added}` : lie;
    const headers: IncomingHttpHeaders = { [name]: told };
    const request = { socket: isProxied ? proxySocket : clientSocket, headers };
    const address = farEnd.clientAddressOf(request);
    if (isIP(address) === 0 || networksOf(address).length !== 4) return true;
    farEnd.schemeOf(request);
    if (address === client) return false;
    // A header of which nothing is certain counts for nothing.
    return !(isProxied && name === 'forwarded' && address === peer);
  },
};

const forwardedSchemes: FuzzTarget<{ name: string; lie: string }> = {
  name: 'forwarded schemes of strangers',
  mutants: fc.record({
    name: fc.constantFrom('x-forwarded-proto', 'forwarded', 'x-forwarded-ssl', 'front-end-https'),
    lie: fc.oneof(
      mutantsOf('proto=https'),
      mutantsOf('https'),
      fc.constantFrom('https', 'proto=https', 'on'),
    ),
  }),
  accepts: ({ name, lie }) => farEnd.schemeOf({ socket: clientSocket, headers: { [name]: lie } }) !== 'http',
};

const allowedOrigins = ['https://launcher.example.com', 'https://lab.example.com:8443'];
const isOwnMachine = /^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/;

const origins: FuzzTarget<{ origin: string; allowLoopback: boolean }> = {
  name: 'Origin headers',
  mutants: fc
    .record({
      origin: fc.oneof(
        ...[...allowedOrigins, 'http://localhost:5173', 'http://127.0.0.1:8080', 'http://[::1]:9'].map(
          mutantsOf,
        ),
        headerText,
        fc.webUrl(),
        fc.string({ unit: 'binary' }),
      ),
      allowLoopback: fc.boolean(),
    })
    .filter(
      ({ origin, allowLoopback }) =>
        !allowedOrigins.includes(origin) && !(allowLoopback && isOwnMachine.test(origin)),
    ),
  accepts: ({ origin, allowLoopback }) => isAllowedOrigin(origin, { allowedOrigins, allowLoopback }),
};

export const headerFuzzers: readonly Fuzzer[] = [
  fuzzerOf(hostHeaders),
  fuzzerOf(forwardedHeaders),
  fuzzerOf(forwardedSchemes),
  fuzzerOf(origins),
];

function socketFrom(remoteAddress: string): Socket {
  return Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress });
}
