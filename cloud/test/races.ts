/** What one of all contenders may win. */
export const raceKinds = ['device code', 'decision', 'DPoP proof', 'claim', 'registration key'] as const;
export type RaceKind = (typeof raceKinds)[number] | 'repeated registration';

/** What one process is told: to let its contenders try for each of these, all at once. */
export interface Race {
  readonly kind: RaceKind;
  readonly ids: readonly string[];
  readonly contenders: readonly number[];
}

export const raceIssuer = 'http://localhost:7070';

export function raceWorkspace(contender: number): string {
  return `workspace-${contender}`;
}
