import { type Command, Option } from 'commander';
import { defaultCloud, defaultWebApp, parseInstanceConfig } from '../config.ts';
import type { ReachFlags } from '../reach-config.ts';
import { createCommand } from './command-line.ts';
import { dataPathOption, type KeyFlags, keyOptions, parseKeyFlags, withOptions } from './options.ts';
import { allowOriginOption, listenOption, reachOptions } from './reach-options.ts';

interface DoctorFlags extends KeyFlags, ReachFlags {
  readonly dataPath: string;
  readonly listen: string;
  readonly allowOrigin?: readonly string[];
  readonly cloud?: string;
  readonly json?: boolean;
}

export function doctorCommand(): Command {
  const command = createCommand('doctor')
    .description('Look for whatever is wrong with an instance, running or not, and change nothing.')
    .allowExcessArguments(false)
    .action(doctor);
  return withOptions(command, [
    dataPathOption(),
    new Option(
      '--cloud <issuer>',
      'the cloud to ask (default: the one that the instance is registered at)',
    ).env('HOLDFAST_CLOUD'),
    ...keyOptions(),
    listenOption(),
    ...reachOptions(),
    allowOriginOption(),
    new Option('--json', 'print the findings as JSON'),
  ]);
}

async function doctor(flags: DoctorFlags, command: Command): Promise<void> {
  const { examine } = await import('../doctor/examination.ts');
  const { formatFindings, isHealthy } = await import('../doctor/report.ts');
  const { cloud, json } = flags;
  const { keys, passphrase } = parseKeyFlags(flags);
  const config = parseInstanceConfig({
    ...flags,
    cloud: cloud ?? defaultCloud,
    keys,
    webApp: defaultWebApp,
  });
  const findings = await examine({
    dataPath: config.dataPath,
    keys: { ...keys, passphrase: passphrase?.read },
    cloud: cloud === undefined ? undefined : config.cloud,
    listen: config.listen,
    isNamed: command.getOptionValueSource('listen') !== 'default',
    reach: config.reach ?? {},
    allowedOrigins: config.allowedOrigins,
    fetch,
    now: Date.now,
    versions: process.versions,
  });
  console.log(
    json
      ? JSON.stringify({ dataPath: config.dataPath, isHealthy: isHealthy(findings), findings }, undefined, 2)
      : formatFindings(findings, showsSymbols(process.env, process.platform)),
  );
  if (!isHealthy(findings)) process.exitCode = 1;
}

/** Outside Windows and macOS, only a locale with UTF-8 promises more than ASCII. */
function showsSymbols(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): boolean {
  if (platform === 'win32' || platform === 'darwin') return true;
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '');
}
