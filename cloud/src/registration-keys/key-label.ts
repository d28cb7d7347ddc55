import { parseInstanceName } from '../instances/instance-name.ts';

/** In characters: with the number of a use behind it, it is still the name of an instance. */
export const maximumLabelLength = 56;

/** Trims a label, of which the rules are those for names of instances: it becomes one. `undefined` if it is none. */
export function parseKeyLabel(text: string): string | undefined {
  const label = parseInstanceName(text);
  return label !== undefined && [...label].length <= maximumLabelLength ? label : undefined;
}

/** What an instance is called at first that registers by the `use`-th use of a key. */
export function instanceNameOf(label: string, usesAllowed: number, use: number): string {
  return usesAllowed === 1 ? label : `${label} ${use}`;
}
