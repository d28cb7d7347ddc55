import { queryOptions } from '@tanstack/react-query';
import { discoverCloud } from '../auth/cloud-metadata.ts';

/** What a cloud publishes about itself (RFC 8414): endpoints and token lifetimes. */
export function cloudMetadataQuery(issuer: string) {
  return queryOptions({
    queryKey: ['cloud-metadata', issuer],
    queryFn: ({ signal }) => discoverCloud(issuer, {}, signal),
    staleTime: 5 * 60_000,
  });
}
