import type { AuditEntry } from '../src/pages/audit/AuditPageView.tsx';
import type { SeenSession } from '../src/pages/sessions/SessionsPageView.tsx';
import { type Answer, json } from './fake-network.ts';

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const account = {
  __typename: 'Account' as const,
  id: 'account-1',
  name: 'Ada Lovelace',
  email: 'ada@example.test',
};

/** By their names of types urql knows what there is news of. */
const named = (typename: string) => ({ __typename: typename });

/** A line of the audit log. */
export function auditEntry(id: string, changes: Partial<AuditEntry> = {}): AuditEntry {
  return {
    ...named('AuditEntry'),
    ...{ id, at: '2026-11-23T12:00:00.000Z', action: 'INSTANCE_RENAMED', outcome: 'SUCCEEDED' },
    ...{ actor: account, address: '192.0.2.1', userAgent: firefox, detail: null, rename: null },
    ...changes,
  };
}

/** A session that an instance has seen. */
export function seenSession(id: string, changes: Partial<SeenSession> = {}): SeenSession {
  return {
    ...named('Session'),
    ...{ id, account, userAgent: firefox, firstAddress: '192.0.2.1', lastAddress: '192.168.1.9' },
    ...{ firstUsedAt: '2026-11-20T12:00:00.000Z', lastUsedAt: '2026-11-23T12:00:00.000Z', isCurrent: false },
    ...{ endedAt: null, endReason: null },
    ...changes,
  };
}

/** Answers with a page of a list. */
export function pageOf(
  list: 'auditEntries' | 'sessions',
  nodes: readonly object[],
  hasNextPage = false,
): Answer {
  const edges = nodes.map((node) => ({ node }));
  const endCursor = nodes.length === 0 ? null : `after ${(nodes.at(-1) as { id: string }).id}`;
  return json({ data: { [list]: { edges, pageInfo: { endCursor, hasNextPage } } } });
}
