import type { ConnectionReport } from '../../instances/connection-check.ts';

/** One word about an instance, with the colour of its badge. */
export interface StatusWord {
  label: string;
  color: 'green' | 'yellow' | 'red' | 'gray' | 'blue';
}

/** What a card says about its instance; `report` is undefined while the first check is under way. */
export function statusWords(report: ConnectionReport | undefined, signedIn: boolean): StatusWord[] {
  if (report === undefined) return [{ label: 'Checking', color: 'gray' }];
  switch (report.status) {
    case 'offline':
      return [{ label: 'Offline', color: 'red' }];
    case 'not-an-instance':
      return [{ label: 'Not an instance', color: 'red' }];
    case 'origin-refused':
      return [{ label: 'Refuses this page', color: 'yellow' }];
    case 'online':
      return [{ label: 'Online', color: 'green' }, stateWord(report.state, signedIn)];
  }
}

function stateWord(state: 'UNREGISTERED' | 'UNCLAIMED' | 'CLAIMED', signedIn: boolean): StatusWord {
  if (state === 'UNREGISTERED') return { label: 'Not registered', color: 'yellow' };
  if (state === 'UNCLAIMED') return { label: 'Unclaimed', color: 'yellow' };
  return signedIn ? { label: 'Signed in', color: 'blue' } : { label: 'Signed out', color: 'gray' };
}
