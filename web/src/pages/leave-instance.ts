import { signOut } from '../auth/sign-out.ts';
import { playgroundStorage } from './playground/playground-storage.ts';

/** Signs out of the instance and forgets what the person typed into its playground, which may hold what it stores. */
export async function leaveInstance(baseUrl: string): Promise<void> {
  const signedOut = signOut(baseUrl);
  // Once nobody is signed in, which is at once, an editor that is still open writes nothing any more.
  playgroundStorage(baseUrl).clear();
  await signedOut;
}
