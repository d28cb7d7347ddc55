import { Argument, Command } from 'commander';
import { BuildError } from './build-error.ts';
import { builds } from './builds.cjs';
import { bundleServer, type ServerName } from './server-bundles.ts';
import { buildInPlace } from './staged-build.ts';
import { makeWebApp } from './web-app.ts';

// `npm run build`: the web app and the servers, each as `npm start` uses it.

const makers: Record<keyof typeof builds, (staging: string) => Promise<void>> = {
  webApp: makeWebApp,
  instance: bundler('instance'),
  cloud: bundler('cloud'),
  both: bundler('both'),
};

const command = new Command('npm run build --')
  .description('Build the web app and the servers.')
  .addArgument(new Argument('[builds...]', 'only these').choices(Object.keys(makers)))
  .option('--if-stale', 'only what is missing or older than its sources')
  .parse();
const names = command.processedArgs[0] as (keyof typeof builds)[];
const { ifStale = false } = command.opts<{ ifStale?: boolean }>();

try {
  for (const name of names.length > 0 ? names : (Object.keys(makers) as (keyof typeof builds)[])) {
    await buildInPlace(builds[name], makers[name], { ifStale });
  }
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function bundler(server: ServerName): (staging: string) => Promise<void> {
  return async (staging) => bundleServer(server, staging);
}
