import { once } from 'node:events';
import { createServer } from 'node:net';
import type { ListenAddress } from '../config.ts';
import { systemErrorCode } from '../errors.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import { findListener, type ListenerProcess } from './listener-process.ts';

const chooseAnother = 'Choose another address with --listen HOST:PORT.';

export interface AddressExamination {
  readonly listen: ListenAddress;
  /** Whether a person named it. An instance whose address is not known may well listen elsewhere. */
  readonly isNamed: boolean;
  /** The process of the instance, if it runs. */
  readonly holder: number | undefined;
}

/** Looks whether the instance listens on its address, or could: for a moment, that is tried. */
export async function examineAddress(examination: AddressExamination): Promise<Finding> {
  const { port } = examination.listen;
  if (port === 0) return ok('Address', 'The system chooses a port at each start.');
  const code = await obstacleTo(examination.listen);
  const listener = code === 'EADDRINUSE' ? await findListener(port) : undefined;
  return judgeAddress(examination, code, listener);
}

/**
 * @param code of the system when it refused; undefined when one may listen there
 * @param listener who does, as far as it can be seen
 */
export function judgeAddress(
  { listen, isNamed, holder }: AddressExamination,
  code: string | undefined,
  listener: ListenerProcess | undefined,
): Finding {
  const at = `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`;
  if (code === undefined) {
    return ok(
      'Address',
      holder === undefined ? `${at} is free.` : `${at} is free: the instance that runs listens elsewhere.`,
    );
  }
  if (code === 'EADDRINUSE') {
    if (holder !== undefined && listener?.pid === holder) {
      return ok('Address', `The instance, process ${holder}, listens on ${at}.`);
    }
    if (holder !== undefined && (listener === undefined || !isNamed)) {
      return ok(
        'Address',
        listener === undefined
          ? `Somebody listens on ${at}: the instance that runs, or a process that cannot be seen from here.`
          : `${nameOf(listener)} listens on ${at}, and the instance that runs elsewhere.`,
      );
    }
    return (isNamed ? problem : warning)(
      'Address',
      `${at} is in use by ${listener === undefined ? 'a process that cannot be seen from here' : nameOf(listener)}, not by this instance.`,
      'Stop that process, or choose another address with --listen HOST:PORT.',
    );
  }
  const reason = refusals[code] ?? code;
  return (isNamed ? problem : warning)('Address', `Nobody can listen on ${at}: ${reason}.`, chooseAnother);
}

const refusals: Readonly<Record<string, string>> = {
  EACCES: 'this user may not take that port',
  EADDRNOTAVAIL: 'it is no address of this machine',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be resolved',
};

function nameOf({ pid, name }: ListenerProcess): string {
  return `process ${pid}${name === '' ? '' : ` (${name})`}`;
}

/** Why one cannot listen there, as a code of the system. */
async function obstacleTo({ host, port }: ListenAddress): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port, exclusive: true });
    await once(server, 'listening');
    server.close();
    return undefined;
  } catch (error) {
    return systemErrorCode(error) ?? 'unknown error';
  }
}
