import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { parseIssuer } from '../config.ts';
import { examine } from '../doctor/examination.ts';
import { formatFindings, isHealthy } from '../doctor/report.ts';
import { createCommand } from './command-line.ts';
import { dataPathOption, type KeyFlags, keyOptions, parseKeyFlags, withOptions } from './options.ts';

interface DoctorFlags extends KeyFlags {
  readonly dataPath: string;
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
    new Option('--json', 'print the findings as JSON'),
  ]);
}

async function doctor({ dataPath, cloud, json, ...keyFlags }: DoctorFlags): Promise<void> {
  const { keys, passphrase } = parseKeyFlags(keyFlags);
  const path = resolve(dataPath);
  const findings = await examine({
    dataPath: path,
    keys: { ...keys, passphrase: passphrase?.read },
    cloud: cloud === undefined ? undefined : parseIssuer(cloud),
    fetch,
    now: Date.now,
    versions: process.versions,
  });
  console.log(
    json
      ? JSON.stringify({ dataPath: path, isHealthy: isHealthy(findings), findings }, undefined, 2)
      : formatFindings(findings, showsSymbols(process.env, process.platform)),
  );
  if (!isHealthy(findings)) process.exitCode = 1;
}

/** Outside Windows and macOS, only a locale with UTF-8 promises more than ASCII. */
function showsSymbols(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): boolean {
  if (platform === 'win32' || platform === 'darwin') return true;
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '');
}
