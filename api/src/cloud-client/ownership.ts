import { CloudUnreachableError, quoteCloud } from './errors.ts';
import { parseInstanceName } from './instance-name.ts';

/** The instance as its cloud records it. */
export interface InstanceRecord {
  readonly clientId: string;
  /** Undefined until a name was chosen. */
  readonly name: string | undefined;
  readonly owner: RecordedOwner | undefined;
}

export interface RecordedOwner {
  /** Workspace id. */
  readonly workspace: string;
  readonly workspaceName: string;
  /** ISO 8601, in UTC. */
  readonly claimedAt: string;
}

/** Sends a request with the instance token to a path below the issuer. @throws CloudUnreachableError | CredentialsRefusedError */
export type InstanceApi = (path: string, request: InstanceApiRequest) => Promise<Response>;

export interface InstanceApiRequest {
  readonly method: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** How long the answer may take; 10 s unless given. */
  readonly timeoutMilliseconds?: number;
}

/** What became of the attempt to record an owner. */
export type RecordOwnerResult =
  | { readonly result: 'recorded'; readonly record: InstanceRecord & { readonly owner: RecordedOwner } }
  /** Another workspace is the owner. */
  | { readonly result: 'already-claimed' }
  /** Nobody of that workspace approved a login for this instance. */
  | { readonly result: 'not-approved' };

export async function fetchInstance(api: InstanceApi): Promise<InstanceRecord> {
  return processInstanceResponse(await api('/api/instance', { method: 'GET' }));
}

/** Makes `workspace` the owner while there is none; succeeds again for the owner that is. */
export async function recordOwner(api: InstanceApi, workspace: string): Promise<RecordOwnerResult> {
  return processRecordOwnerResponse(
    await api('/api/instance/owner', { method: 'PUT', body: { workspace } }),
    workspace,
  );
}

export async function renameInstance(api: InstanceApi, name: string): Promise<InstanceRecord> {
  return processInstanceResponse(await api('/api/instance', { method: 'PATCH', body: { name } }));
}

export async function processRecordOwnerResponse(
  response: Response,
  workspace: string,
): Promise<RecordOwnerResult> {
  if (response.status === 409 || response.status === 403) {
    const { error } = await readObject(response);
    if (error === 'already_claimed') return { result: 'already-claimed' };
    if (error === 'not_approved') return { result: 'not-approved' };
  }
  const record = await processInstanceResponse(response);
  const { owner } = record;
  if (owner?.workspace !== workspace) throw unexpected(response);
  return { result: 'recorded', record: { ...record, owner } };
}

/** @throws CloudUnreachableError when the answer is not an instance's record */
export async function processInstanceResponse(response: Response): Promise<InstanceRecord> {
  if (response.status !== 200) throw unexpected(response);
  const { client_id, name, owner } = await readObject(response);
  const parsedName = typeof name === 'string' ? parseInstanceName(name) : undefined;
  if (typeof client_id !== 'string') throw unexpected(response);
  return {
    clientId: client_id,
    name: parsedName?.ok ? parsedName.name : undefined,
    owner: parseOwner(owner, response),
  };
}

function parseOwner(value: unknown, response: Response): RecordedOwner | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'object') throw unexpected(response);
  const { workspace, workspace_name, claimed_at } = value as Record<string, unknown>;
  if (
    typeof workspace !== 'string' ||
    typeof claimed_at !== 'string' ||
    Number.isNaN(Date.parse(claimed_at))
  ) {
    throw unexpected(response);
  }
  return {
    workspace,
    workspaceName: quoteCloud(workspace_name),
    claimedAt: new Date(claimed_at).toISOString(),
  };
}

async function readObject(response: Response): Promise<Record<string, unknown>> {
  const body: unknown = await response.json().catch(() => undefined);
  if (typeof body !== 'object' || body === null) throw unexpected(response);
  return body as Record<string, unknown>;
}

function unexpected(response: Response): CloudUnreachableError {
  return new CloudUnreachableError(
    `its answer about this instance makes no sense (HTTP status ${response.status})`,
  );
}
