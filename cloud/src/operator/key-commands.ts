import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { createCommand } from '../create-command.ts';
import { formatDuration, parseDuration } from '../duration.ts';
import { StartupError } from '../errors.ts';
import { printable } from '../printable.ts';
import { epochSeconds } from '../provider/adapter.ts';
import { formatTime, leadSeconds, readKeyPeriods, rotateSigningKey } from '../provider/key-rotation.ts';
import type { KeyPeriod } from '../provider/key-schedule.ts';
import type { StoredSigningKey } from '../provider/keys-file.ts';
import { existingFiles, openExistingCloud } from './existing-cloud.ts';
import type { OperatorCommandContext, OperatorFlags } from './operator-command.ts';

interface RotateFlags extends OperatorFlags {
  readonly lead: string;
  readonly now?: true;
}

/** `holdfast-cloud keys list | rotate`: what the cloud signs tokens with; it may be running. */
export function keyCommands({ dataPathOption, orSay }: OperatorCommandContext): Command {
  const keys = createCommand('keys').description(
    'List and replace the keys with which the cloud signs tokens; the cloud may be running.',
  );
  keys
    .command('list', { isDefault: true })
    .description('Print every key, one in a line, never the private part.')
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .action(async (flags: OperatorFlags) => orSay(async () => list(flags)));
  keys
    .command('rotate')
    .description(
      'Make a new key, which signs once all instances know it. Nobody is signed out, and no token is refused.',
    )
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .addOption(
      new Option(
        '--lead <duration>',
        `how long it waits before it signs: ${formatDuration(leadSeconds.shortest)} to ${formatDuration(leadSeconds.longest)}`,
      )
        .default(formatDuration(leadSeconds.proposed))
        .conflicts('now'),
    )
    .option('--now', 'for a key that may have leaked: sign with the new one at once and withdraw all others')
    .action(async (flags: RotateFlags) => orSay(async () => rotate(flags)));
  return keys;
}

function list({ dataPath }: OperatorFlags): void {
  const { keysPath } = existingFiles(resolve(dataPath));
  for (const period of readKeyPeriods(keysPath, epochSeconds())) console.log(line(period));
}

function line({ key, state, publishedUntil }: KeyPeriod<StoredSigningKey>): string {
  const since = key.nbf === undefined ? 'since the first start' : `since ${formatTime(key.nbf)}`;
  const words = {
    waits: `signs from ${formatTime(key.nbf)}`,
    signs: `signs ${since}`,
    retired: `signed ${since}`,
  };
  const end = publishedUntil === undefined ? 'no end' : `accepted until ${formatTime(publishedUntil)}`;
  return [key.kid, words[state], end].map(printable).join('\t');
}

async function rotate({ dataPath, lead: given, now }: RotateFlags): Promise<void> {
  const lead = parseDuration(given);
  if (lead === undefined || lead < leadSeconds.shortest || lead > leadSeconds.longest) {
    throw new StartupError(
      'invalid_configuration',
      `Give --lead ${formatDuration(leadSeconds.shortest)} to ${formatDuration(leadSeconds.longest)}, for example ${formatDuration(leadSeconds.proposed)}.`,
    );
  }
  const path = resolve(dataPath);
  const { keysPath } = existingFiles(path);
  await using cloud = await openExistingCloud(path);
  const periods = await rotateSigningKey(cloud.database, keysPath, epochSeconds(), now ? 'none' : lead);
  for (const period of periods) console.log(line(period));
  console.log(
    now
      ? 'The new key signs at once, and all others are withdrawn. A running cloud takes it in within a second; instances refuse what the others have signed within eleven minutes, and pages renew their tokens by themselves.'
      : 'A running cloud publishes the new key within a second. Nothing else has to be done.',
  );
}
