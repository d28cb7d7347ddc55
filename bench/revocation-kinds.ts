import { signOut } from '../e2e/scripted-client.ts';
import { anotherNetwork } from './another-network.ts';
import type { HelperProcess } from './helper-process.ts';
import { claimBy, InstanceAccess } from './instance-access.ts';
import { resourceOf } from './owned-instance.ts';
import type { InstancesRequest, StartedInstance } from './servers/instances.ts';
import { signInAgain, type Workplace } from './workplace.ts';

/** Somebody has access, which is about to end. */
export interface Revocation {
  readonly access: InstanceAccess;
  /** Ends it, at the cloud. */
  readonly revoke: () => Promise<unknown>;
  /** Makes things ready for the next. */
  readonly after?: () => Promise<unknown>;
}

/** Prepares the next revocation at a workplace. */
export type NextRevocation = () => Promise<Revocation>;

export type RevocationKind = (place: Workplace) => Promise<NextRevocation>;

/** The page of the instance revokes its refresh token. */
const signOutOfApp: RevocationKind = async (place) => {
  const { session } = await place.newMember();
  return async () => {
    const access = await place.enter(session);
    return { access, revoke: async () => signOut(place.cloudUrl, access) };
  };
};

/** On the security page of the cloud, from another browser. */
const endSession: RevocationKind = async (place) => {
  const member = await place.newMember();
  return async () => {
    const access = await place.enter(await signInAgain(place.cloudUrl, member));
    const id = await member.session.otherSession();
    return { access, revoke: async () => member.session.endSession(id) };
  };
};

const disableAccount: RevocationKind = async (place) => {
  const member = await place.newMember();
  return async () => ({
    access: await place.enter(await signInAgain(place.cloudUrl, member)),
    revoke: async () => place.disable(member),
    after: async () => place.enable(member),
  });
};

/** By turns to less and to more: tokens with the former role are refused either way. */
const changeRole: RevocationKind = async (place) => {
  const member = await place.newMember('admin');
  let [role, next] = ['admin', 'viewer'];
  return async () => {
    [role, next] = [next, role] as [string, string];
    return {
      access: await place.enter(member.session),
      revoke: async () => place.setRole(member, role),
    };
  };
};

const removeMember: RevocationKind = async (place) => {
  const member = await place.newMember();
  return async () => ({
    access: await place.enter(member.session),
    revoke: async () => place.remove(member),
    after: async () => place.setRole(member, 'member'),
  });
};

/** An owner makes room for another: two commands, one after the other. */
const replaceOwner: RevocationKind = async (place) => {
  let [owner, other] = [await place.newMember('owner'), await place.newMember()];
  return async () => {
    const access = await place.enter(owner.session);
    [owner, other] = [other, owner];
    return {
      access,
      revoke: async () => {
        await place.setRole(owner, 'owner');
        await place.setRole(other, 'member');
      },
    };
  };
};

/** Whoever holds the registration of an instance deletes it (RFC 7592), as a copy of it does that starts over. */
const removeInstance =
  (instances: HelperProcess<InstancesRequest>): RevocationKind =>
  async (place) => {
    const { cloudUrl } = place;
    const owner = await place.newAccount();
    let count = 0;
    return async () => {
      count += 1;
      const name = `${count} of ${owner.email}`;
      const { url, claimCode, registration } = (await instances.ask({ start: name })) as StartedInstance;
      const entered = { cloudUrl, instanceUrl: url, resource: await resourceOf(url) };
      const access = await InstanceAccess.signIn(entered, owner.session);
      await claimBy(access, claimCode);
      return {
        access,
        revoke: async () => deregister(registration),
        after: async () => instances.ask({ stop: name }),
      };
    };
  };

async function deregister({
  registration_client_uri: uri,
  registration_access_token: token,
}: StartedInstance['registration']): Promise<void> {
  const response = await fetch(uri, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}`, ...anotherNetwork() },
  });
  if (!response.ok) throw new Error(`The registration was not deleted: ${response.status}`);
}

/** What ends access at an instance, by what it is called in the table. */
export function revocationKinds(
  instances: HelperProcess<InstancesRequest>,
): Readonly<Record<string, RevocationKind>> {
  return {
    'sign-out': signOutOfApp,
    'session ended': endSession,
    'account disabled': disableAccount,
    'role changed': changeRole,
    'member removed': removeMember,
    'owner replaced by another': replaceOwner,
    'instance removed (all in one process)': removeInstance(instances),
  };
}
