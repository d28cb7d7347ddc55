/** What an account may be in a workspace, from the most to the least. The instances of the workspace enforce it. */
export const roles = ['owner', 'admin', 'member', 'viewer'] as const;

export type Role = (typeof roles)[number];
