const LOOPBACK = /^(?:127\.|::1$|localhost$)/;
const PRIVATE =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/i;

/**
 * An IP address with what a person can learn from it; IPv4 in IPv6 form is shown as IPv4.
 *
 * @param server what the computer runs that saw the address
 */
export function addressWords(address: string, server: 'cloud' | 'instance'): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (LOOPBACK.test(plain)) return `${plain} (the computer that runs this ${server})`;
  if (PRIVATE.test(plain)) return `${plain} (a private network)`;
  return plain;
}
