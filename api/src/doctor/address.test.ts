import { describe, expect, test } from 'vitest';
import { judgeAddress } from './address.ts';
import { listeningInodes } from './listener-process.ts';

const listen = { host: '127.0.0.1', port: 8080 };
const other = { pid: 7, name: 'nginx' };
const instance = { pid: 5, name: 'node' };

describe('the address of an instance', () => {
  test.each([
    ['free, and nothing runs', true, undefined, undefined, undefined, 'ok', 'is free.'],
    ['free, and the instance runs', true, 5, undefined, undefined, 'ok', 'listens elsewhere'],
    ['its own', true, 5, 'EADDRINUSE', instance, 'ok', 'The instance, process 5, listens on 127.0.0.1:8080'],
    ['in use by somebody unseen while it runs', true, 5, 'EADDRINUSE', undefined, 'ok', 'Somebody listens'],
    ['the default one, another’s, while it runs', false, 5, 'EADDRINUSE', other, 'ok', 'elsewhere'],
    ['another’s, while it runs', true, 5, 'EADDRINUSE', other, 'problem', 'in use by process 7 (nginx)'],
    ['another’s', true, undefined, 'EADDRINUSE', other, 'problem', 'in use by process 7 (nginx), not by'],
    ['somebody’s', true, undefined, 'EADDRINUSE', undefined, 'problem', 'cannot be seen from here'],
    ['the default one, and another’s', false, undefined, 'EADDRINUSE', other, 'warning', 'process 7'],
    ['not to be had', true, undefined, 'EADDRNOTAVAIL', undefined, 'problem', 'no address of this machine'],
    ['reserved', true, undefined, 'EACCES', undefined, 'problem', 'may not take that port'],
  ] as const)('%s', (_what, isNamed, holder, code, listener, verdict, message) => {
    const finding = judgeAddress({ listen, isNamed, holder }, code, listener);
    expect(finding).toMatchObject({ verdict, message: expect.stringContaining(message) });
    if (finding.verdict !== 'ok') expect(finding.remedy).toContain('--listen');
  });

  test('IPv6 is written as flags want it', () => {
    const at = judgeAddress(
      { listen: { host: '::1', port: 8080 }, isNamed: true, holder: undefined },
      undefined,
      undefined,
    );
    expect(at.message).toBe('[::1]:8080 is free.');
  });
});

test('the kernel’s table of sockets: those that listen on the port, and no others', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 100 0 0 10 0
  12: 0100007F:1F90 0100007F:C000 01 00000000:00000000 02:000000D3 00000000  1000        0 4713 2 0000000000000000 20 4 30 10 -1
`;
  expect(listeningInodes(table, 8080)).toEqual(['4711']);
  const table6 =
    '   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 99 1 0000000000000000 100 0 0 10 0\n';
  expect(listeningInodes(table6, 8080)).toEqual(['99']);
  expect(listeningInodes('', 8080)).toEqual([]);
});
