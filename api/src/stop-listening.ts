import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from './server.ts';

/**
 * Once nobody has come for so many looks, a millisecond apart, nobody waits to be let in. Looks and not time, because a
 * process that others kept from running has not looked.
 */
const quietLooks = 20;
const mostLooks = 200;

/**
 * Stops listening when everybody is in who has connected: the system resets those that it has let in and the process has
 * not, with what they have asked. Until then nobody is answered, or else they would come again meanwhile.
 *
 * @param onStopped called before whoever waited is answered
 * @param onClosed called once the last connection has ended
 */
export async function stopListening(
  server: Server,
  { onStopped, onClosed }: { onStopped: () => void; onClosed: () => void },
): Promise<void> {
  const listeners = server.listeners('request');
  const held: [IncomingMessage, ServerResponse][] = [];
  const hold = (...request: [IncomingMessage, ServerResponse]) => void held.push(request);
  server.removeAllListeners('request').on('request', hold);
  let quiet = 0;
  const note = () => {
    quiet = 0;
  };
  server.on('connection', note);
  for (let looks = 0; looks < mostLooks && quiet < quietLooks; looks += 1) {
    quiet += 1;
    await sleep(1);
  }
  // Not that of HTTP servers, which cuts answers that are on their way.
  NetServer.prototype.close.call(server, onClosed);
  server.off('connection', note).off('request', hold);
  for (const listener of listeners) server.on('request', listener as () => void);
  onStopped();
  for (const request of held) server.emit('request', ...request);
}
