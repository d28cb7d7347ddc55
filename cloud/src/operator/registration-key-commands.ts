import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { withAccountTables } from '../accounts/account-tables.ts';
import { createCommand } from '../create-command.ts';
import type { Database } from '../database/database.ts';
import { formatDuration, parseDuration } from '../duration.ts';
import { StartupError } from '../errors.ts';
import { printable } from '../printable.ts';
import { maximumLabelLength, parseKeyLabel } from '../registration-keys/key-label.ts';
import {
  keyLifetime,
  maximumUses,
  type RegistrationKeyRecord,
  RegistrationKeys,
} from '../registration-keys/registration-keys.ts';
import { openExistingCloud } from './existing-cloud.ts';
import { workspaceNamed } from './find-workspace.ts';
import type { OperatorCommandContext, OperatorFlags } from './operator-command.ts';

interface CreateFlags extends OperatorFlags {
  readonly label: string;
  readonly expiresIn: string;
  readonly uses: string;
}

/** `holdfast-cloud registration-keys create | list | revoke`; the cloud may be running. */
export function registrationKeyCommands({ dataPathOption, orSay }: OperatorCommandContext): Command {
  const keys = createCommand('registration-keys').description(
    'Make, list and revoke the keys with which machines register instances that belong to a workspace at once; the cloud may be running.',
  );
  keys
    .command('create <workspace>')
    .description(
      'Print a key for instances of a workspace, which is named by its ID or the email of its owner. It is shown this once.',
    )
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .option(
      '--label <text>',
      'what the key is for; instances that it registers are called so at first',
      'Server',
    )
    .addOption(
      new Option('--expires-in <duration>', 'for how long it is good: 1m to 365d').default(
        formatDuration(keyLifetime.proposed),
      ),
    )
    .option('--uses <number>', `how many instances it may register, ${maximumUses} at most`, '1')
    .action(async (workspace: string, flags: CreateFlags) => orSay(async () => create(flags, workspace)));
  keys
    .command('list [workspace]')
    .description('Print every key, of one workspace or of all, one in a line, never the keys themselves.')
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .action(async (workspace: string | undefined, flags: OperatorFlags) =>
      orSay(async () => list(flags, workspace)),
    );
  keys
    .command('revoke <id>')
    .description('Let a key register nothing more. Instances that it has registered stay as they are.')
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .action(async (id: string, flags: OperatorFlags) => orSay(async () => revoke(flags, id)));
  return keys;
}

async function create(flags: CreateFlags, workspace: string): Promise<void> {
  const key = parseFlags(flags);
  await using cloud = await openExistingCloud(resolve(flags.dataPath));
  const workspaceId = await workspaceNamed(cloud.database, workspace, { makesPersonal: true });
  await warnOfUnconfirmed(cloud.database, workspaceId);
  console.log(await new RegistrationKeys(cloud.database).createForOperator({ ...key, workspaceId }));
  // Beside the key, so that a script can put that into a file.
  console.error(
    `Good for ${key.uses === 1 ? 'one instance' : `${key.uses} instances`}, for ${formatDuration(key.lifetimeSeconds)}. It is not shown again.`,
  );
}

/** Anybody can sign up with an address that is not theirs, and would own what is registered for it. */
async function warnOfUnconfirmed(database: Database, workspaceId: string): Promise<void> {
  const owners = await withAccountTables(database)
    .selectFrom('workspace_members')
    .innerJoin('user', 'user.id', 'workspace_members.account_id')
    .select('user.email')
    .where('workspace_id', '=', workspaceId)
    .where('role', '=', 'owner')
    .where('user.emailVerified', '=', 0)
    .execute();
  for (const { email } of owners) {
    console.error(
      `Nobody has confirmed the email address of the owner ${printable(email)}: it may be somebody else’s. Ask before you use the key, or revoke it.`,
    );
  }
}

/** @throws {StartupError} `invalid_configuration`; no message repeats a value, in whose place somebody may put a key */
function parseFlags({ label, expiresIn, uses }: CreateFlags) {
  const [parsedLabel, lifetimeSeconds, count] = [
    parseKeyLabel(label),
    parseDuration(expiresIn),
    Number(uses),
  ];
  if (parsedLabel === undefined) {
    throw invalid(`--label takes 1 to ${maximumLabelLength} characters, and none that cannot be seen.`);
  }
  const { shortest, longest } = keyLifetime;
  if (lifetimeSeconds === undefined || lifetimeSeconds < shortest || lifetimeSeconds > longest) {
    throw invalid(
      '--expires-in takes a whole number and its unit, s, m, h or d, from 1m to 365d: for example 30d.',
    );
  }
  if (!Number.isInteger(count) || count < 1 || count > maximumUses) {
    throw invalid(`--uses takes a whole number from 1 to ${maximumUses}.`);
  }
  return { label: parsedLabel, lifetimeSeconds, uses: count };
}

async function list({ dataPath }: OperatorFlags, workspace: string | undefined): Promise<void> {
  await using cloud = await openExistingCloud(resolve(dataPath));
  const workspaceIds =
    workspace === undefined ? undefined : [await workspaceNamed(cloud.database, workspace)];
  const all = await new RegistrationKeys(cloud.database).list(workspaceIds);
  console.log(all.length === 0 ? 'There are no registration keys.' : all.map(lineOf).join('\n'));
}

function lineOf(key: RegistrationKeyRecord): string {
  const state = key.state === 'working' ? 'works' : key.state.replace('_', ' ');
  return [
    key.id,
    key.workspaceId,
    key.label,
    state,
    `${key.uses} of ${key.usesAllowed} used`,
    `until ${new Date(key.expiresAt).toISOString()}`,
    `made by ${key.madeBy ?? 'the operator'}`,
  ]
    .map(printable)
    .join('\t');
}

async function revoke({ dataPath }: OperatorFlags, id: string): Promise<void> {
  if (id.includes('hfkey_')) {
    throw invalid(
      'Name a key by its ID: see holdfast-cloud registration-keys list. The key itself belongs on no command line.',
    );
  }
  await using cloud = await openExistingCloud(resolve(dataPath));
  if (await new RegistrationKeys(cloud.database).revoke(id)) {
    console.log('Revoked: the key registers nothing more. Instances that it has registered stay.');
    return;
  }
  throw new StartupError(
    'unknown_key',
    'No key that could be revoked has this ID. See holdfast-cloud registration-keys list.',
  );
}

function invalid(message: string): StartupError {
  return new StartupError('invalid_configuration', message);
}
