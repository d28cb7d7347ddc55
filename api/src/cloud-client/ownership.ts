import { CloudUnreachableError, quoteCloud } from './errors.ts';
import { parseInstanceName } from './instance-name.ts';

/** The instance as its cloud records it. */
export interface InstanceRecord {
  readonly clientId: string;
  /** Undefined until a name was chosen. */
  readonly name: string | undefined;
  readonly owner: RecordedOwner | undefined;
}

/** Of an instance that somebody owns. */
export type OwnedRecord = InstanceRecord & { readonly owner: RecordedOwner };

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
  | { readonly result: 'recorded'; readonly record: OwnedRecord }
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
  const record = parseInstanceRecord(await readObject(response));
  if (!record) throw unexpected(response);
  return record;
}

/** An instance as its cloud describes it; undefined if that makes no sense. */
export function parseInstanceRecord(value: unknown): InstanceRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { client_id, name, owner: described } = value as Record<string, unknown>;
  const owner = described === null || described === undefined ? undefined : parseOwner(described);
  if (typeof client_id !== 'string' || owner === 'senseless') return undefined;
  const parsedName = typeof name === 'string' ? parseInstanceName(name) : undefined;
  return { clientId: client_id, name: parsedName?.ok ? parsedName.name : undefined, owner };
}

function parseOwner(value: unknown): RecordedOwner | 'senseless' {
  if (typeof value !== 'object' || value === null) return 'senseless';
  const { workspace, workspace_name, claimed_at } = value as Record<string, unknown>;
  if (
    typeof workspace !== 'string' ||
    typeof claimed_at !== 'string' ||
    Number.isNaN(Date.parse(claimed_at))
  ) {
    return 'senseless';
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
