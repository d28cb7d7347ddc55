/** What an account may be in a workspace, from the most to the least. The instances of the workspace enforce it. */
export type Role = 'owner' | 'admin' | 'member' | 'viewer';
