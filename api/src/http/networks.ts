// One subscriber has a /64 of IPv6, a /56 or a /48, and a provider has a /32: whatever is limited per network is limited
// for each of those that an address lies in, so that owning many narrow ones gains no more than owning the wide one.

import { isIPv4, isIPv6 } from 'node:net';

/** How wide the networks are that limits count by, from the narrowest on. */
const prefixLengths = { ipv4: [32, 24, 20, 16], ipv6: [64, 56, 48, 32] } as const;

/**
 * The networks that an address lies in, from the narrowest on; one without a name for what is no address.
 *
 * @param address as `ClientAddressOf` returns it
 */
export function networksOf(address: string): readonly string[] {
  if (isIPv4(address)) {
    const bytes = address.split('.').map(Number);
    return prefixLengths.ipv4.map((length) => prefixOf(bytes, 8, length).join('.').concat(`/${length}`));
  }
  if (!isIPv6(address)) return [''];
  const groups = groupsOf(address);
  return prefixLengths.ipv6.map((length) =>
    prefixOf(groups, 16, length)
      .map((group) => group.toString(16))
      .join(':')
      .concat(`/${length}`),
  );
}

function groupsOf(address: string): number[] {
  const [head, tail] = address.split('::').map((half) => half.split(':').filter(Boolean));
  const [first = [], last = []] = [head, tail];
  const zeros = Array<string>(8 - first.length - last.length).fill('0');
  return [...first, ...zeros, ...last].map((group) => Number.parseInt(group, 16));
}

/** The first `length` bits of parts that have `width` bits each, without the parts after them. */
function prefixOf(parts: readonly number[], width: number, length: number): number[] {
  return parts.slice(0, Math.ceil(length / width)).map((part, index) => {
    const beyond = Math.max(0, (index + 1) * width - length);
    return (part >> beyond) << beyond;
  });
}
