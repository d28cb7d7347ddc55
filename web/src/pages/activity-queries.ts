import { graphql } from '../graphql/generated/gql.ts';

/** A page of what happened at an instance, newest first. */
export const AuditEntriesDocument = graphql(`
  query AuditEntries($after: String, $filter: AuditFilter) {
    auditEntries(after: $after, filter: $filter) {
      edges {
        node {
          id
          at
          action
          outcome
          actor {
            id
            name
            email
          }
          address
          userAgent
          detail
          rename {
            from
            to
          }
        }
      }
      pageInfo {
        endCursor
        hasNextPage
      }
    }
  }
`);

/** Says that there are new entries. */
export const AuditEntryAddedDocument = graphql(`
  subscription AuditEntryAdded {
    auditEntryAdded {
      id
    }
  }
`);

graphql(`
  fragment SessionPage on SessionConnection {
    edges {
      node {
        id
        account {
          id
          name
          email
        }
        userAgent
        firstAddress
        lastAddress
        firstUsedAt
        lastUsedAt
        isCurrent
        endedAt
        endReason
      }
    }
    pageInfo {
      endCursor
      hasNextPage
    }
  }
`);

/** A page of the sessions of whose end the instance knows nothing, last use first. */
export const SessionsDocument = graphql(`
  query Sessions($after: String) {
    sessions(after: $after, filter: { ended: false }) {
      ...SessionPage
    }
  }
`);

/** A page of those that have ended, last use first. */
export const EndedSessionsDocument = graphql(`
  query EndedSessions($after: String) {
    sessions(after: $after, filter: { ended: true }) {
      ...SessionPage
    }
  }
`);
