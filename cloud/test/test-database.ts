import { join } from 'node:path';
import { type Database, openDatabase } from '../src/database/database.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A real, empty database of the cloud in a file of its own. */
export async function testDatabase(): Promise<AsyncDisposable & { database: Database; path: string }> {
  const directory = await temporaryDirectory();
  const path = join(directory.path, 'cloud.db');
  const database = await openDatabase(path);
  return {
    database,
    path,
    async [Symbol.asyncDispose]() {
      await database.destroy();
      await directory[Symbol.asyncDispose]();
    },
  };
}
