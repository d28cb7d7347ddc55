import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { FuzzReport } from './fuzz.ts';
import { fuzzers } from './fuzzers.ts';

/** What one thread does. */
export interface Share {
  readonly target: string;
  readonly runs: number;
  readonly seed: number;
}

export interface FuzzOptions {
  /** How many mutants each target gets. */
  readonly runs: number;
  /** How many threads work at a time. */
  readonly jobs: number;
  readonly seed: number;
  /** Hears of each target once it is done: its shares together, with the first finding. */
  readonly onReport: (report: FuzzReport) => void;
}

/** Fuzzes every target, each in as many threads as there may be. */
export async function fuzzInThreads({ runs, jobs, seed, onReport }: FuzzOptions): Promise<void> {
  const each = Math.ceil(runs / jobs);
  for (const { name } of fuzzers) {
    const shares = Array.from(
      { length: jobs },
      (_, job): Share => ({ target: name, runs: each, seed: seed + job }),
    );
    const reports = await Promise.all(shares.map(inThread));
    const found = reports.find(({ finding }) => finding !== undefined);
    onReport({
      target: name,
      runs: reports.reduce((sum, report) => sum + report.runs, 0),
      seed: found?.seed ?? seed,
      finding: found?.finding,
    });
  }
}

async function inThread(share: Share): Promise<FuzzReport> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: share });
  const [report] = (await once(worker, 'message')) as [FuzzReport];
  await worker.terminate();
  return report;
}
