import { approve, claimAsOwner, expect, startSignIn, test } from '../browser-test.ts';

const rounds = 15;

test('from the click on Approve to being signed in, in the same browser: 1.2 s in the median', async ({
  network,
  newPerson,
}) => {
  const page = await (await newPerson()).newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  const milliseconds: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await page.getByRole('button', { name: 'Sign out' }).first().click();
    const { cloudPage } = await startSignIn(page);
    await expect(cloudPage.getByText('Started in this browser')).toBeVisible();
    // People click at any time between two polls.
    await cloudPage.waitForTimeout((round / rounds) * 2_000);
    const isSignedIn = page.getByRole('heading', { name: 'Lab', level: 1 }).waitFor();
    const clickedAt = performance.now();
    const approval = approve(cloudPage);
    await isSignedIn;
    milliseconds.push(performance.now() - clickedAt);
    await approval;
    await cloudPage.close();
  }
  const sorted = milliseconds.toSorted((a, b) => a - b).map(Math.round);
  const all = sorted.join(', ');
  // The longest says more of what else the machine does; docs/performance.md has it from a quiet one.
  test.info().annotations.push({ type: 'milliseconds', description: all });
  expect(sorted[Math.floor(rounds / 2)], `median of ${all}`).toBeLessThanOrEqual(1_200);
});
