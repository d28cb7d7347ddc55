import { expect, test } from 'vitest';
import { killWriters } from './crash/kills.ts';

// The short form of `npm run crash-test -- --kills 10000`.
test('row 47: whatever moment a process is killed at, it leaves all that was acknowledged, whole', async () => {
  const found: string[] = [];
  const counts = await killWriters({
    kills: 40,
    jobs: 2,
    onKill: (_counts, problems) => found.push(...problems.map(({ kind, what }) => `${kind}: ${what}`)),
  });
  expect(found).toEqual([]);
  expect(counts).toMatchObject({ kills: 40, torn: 0, lost: 0 });
  expect(counts.changes).toBeGreaterThan(0);
}, 120_000);
