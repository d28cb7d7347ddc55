import { parentPort, workerData } from 'node:worker_threads';
import { fuzzers } from './fuzzers.ts';
import type { Share } from './shares.ts';

const { target, runs, seed } = workerData as Share;
const fuzzer = fuzzers.find(({ name }) => name === target);
const nothingMoves: [] = [];
parentPort?.postMessage(await fuzzer?.run(runs, seed), nothingMoves);
