import type { Role } from '../graphql/generated/graphql.ts';

/** Whether somebody of that role runs the instance: may rename it, and know where it lies. */
export function isAdmin(role: Role | undefined): boolean {
  return role === 'ADMIN' || role === 'OWNER';
}

/** Whether somebody of that role may not see who did what. False while the role is not known. */
export function isOnlyViewer(role: Role | undefined): boolean {
  return role === 'VIEWER';
}
