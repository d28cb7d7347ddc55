import { graphql } from '../graphql/generated/gql.ts';
import type { PublicInstanceQuery } from '../graphql/generated/graphql.ts';

/** What an instance tells anybody about itself, token or not. */
export const PublicInstanceDocument = graphql(`
  query PublicInstance {
    instance {
      id
      state
      version
      resource
      cloud {
        issuer
        clientId
        tokenLifetimes {
          accessToken
          refreshTokenIdle
          refreshTokenAbsolute
          instanceToken
          deviceCode
          userCode
          devicePollInterval
        }
      }
      claimWindowEnd
      notices {
        code
        message
        since
      }
    }
  }
`);

/** The public part of an instance, as {@link PublicInstanceDocument} selects it. */
export type PublicInstance = PublicInstanceQuery['instance'];

/** Who is signed in; needs a valid token, but no membership. */
export const ViewerDocument = graphql(`
  query Viewer {
    viewer {
      id
      email
      name
      role
      workspace {
        id
        name
      }
    }
  }
`);

/** What only members of the owning workspace may read. */
export const MemberInstanceDocument = graphql(`
  query MemberInstance {
    instance {
      id
      name
      secretsProtection {
        keySource
      }
      startedAt
      owner {
        workspace {
          id
          name
        }
        claimedAt
      }
    }
  }
`);

/** Where it lies on its machine, which only admins and owners may read. */
export const InstancePlacesDocument = graphql(`
  query InstancePlaces {
    instance {
      id
      dataPath
      secretsProtection {
        keyLocation
      }
    }
  }
`);

/** Says that something about an instance has changed. */
export const InstanceChangedDocument = graphql(`
  subscription InstanceChanged {
    instanceChanged {
      id
    }
  }
`);
