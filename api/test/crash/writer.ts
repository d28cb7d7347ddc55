// Changes the secrets below the directory it is given without pause, until it is killed. It says when it is going to
// touch that directory ("start"), which progress it found there ("open"), which it is about to make ("begin") and which
// was acknowledged ("ack"), each at once, so that no line is lost.

import { existsSync, unlinkSync, writeSync } from 'node:fs';
import { defaultKeyFile } from '../../src/secrets/key-file.ts';
import { formatProgress, type Progress, progressOf } from './progress.ts';
import { start } from './start.ts';

const [root, changes] = process.argv.slice(2) as [string, string?];

writeSync(1, 'start\n');
await using started = await start(root);
const { store, location } = started;
say('open', progressOf(store));
for (let change = 0; change < Number(changes ?? Number.POSITIVE_INFINITY); change += 1) {
  const progress = progressOf(store);
  const chance = Math.random();
  if (chance < 0.8) await put(progress);
  else if (chance < 0.9) await rotate(progress);
  else await rewrap(progress);
  say('ack', progressOf(store));
}

async function put(progress: Progress): Promise<void> {
  const counter = progress.counter + 1;
  say('begin', { ...progress, counter });
  await store.transaction((transaction) => {
    transaction.put('instance_token', { access_token: String(counter), expires_at: '1' });
  });
}

async function rotate(progress: Progress): Promise<void> {
  say('begin', { ...progress, keyId: progress.keyId + 1 });
  await store.rotate();
}

/** Deletes the key file that is not needed any more, as people do. */
async function rewrap(progress: Progress): Promise<void> {
  const old = store.protection.keyLocation as string;
  say('begin', { ...progress, generation: nextGeneration(progress) });
  await store.rewrap('key-file', location.keys);
  unlinkSync(old);
}

/** A writer that was killed may have left a key file that no secrets.db names; its name is not used again. */
function nextGeneration({ generation }: Progress): number {
  const isTaken = (next: number) =>
    existsSync(defaultKeyFile(location.keys.directory, store.dataDirectoryId, next));
  let next = generation + 1;
  while (isTaken(next)) next += 1;
  return next;
}

function say(what: 'open' | 'begin' | 'ack', progress: Progress): void {
  writeSync(1, `${what} ${formatProgress(progress)}\n`);
}
