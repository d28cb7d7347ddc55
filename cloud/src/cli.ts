import { runCommandLine } from './command-line.ts';

// `holdfast-cloud` from its sources, for `npm run dev` and for tests.
await runCommandLine();
