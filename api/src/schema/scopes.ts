// Who may read what, as scopes of the builder. Constants, so that each is judged once per request.

/** The public part. */
export const everybody = { everybody: true } as const;

/** Whoever is signed in. Parts of an answer that were guarded where it began are for them, too. */
export const authenticated = { authenticated: true } as const;

/** May make their workspace the owner. */
export const claimants = { claimant: true } as const;

/** May see the instance. */
export const viewers = { atLeast: 'viewer' } as const;

/** May see who did what. */
export const members = { atLeast: 'member' } as const;

/** May change the instance. */
export const admins = { atLeast: 'admin' } as const;
