import type OidcProvider from 'oidc-provider';
import { InvalidGrant, InvalidRequest } from 'oidc-provider/lib/helpers/errors.js';
import validateDpop from 'oidc-provider/lib/helpers/validate_dpop.js';
import { Provider } from 'oidc-provider/lib/provider.js';

/** What a device authorization request asked for, as it is stored with the device code. */
export interface DeviceParameters {
  readonly resource: string;
  /** SHA-256 thumbprint (RFC 7638) of the DPoP key of the browser that asked. */
  readonly dpop_jkt: string;
}

/**
 * Checks the thumbprint of the key that a device code gets bound to. RFC 9449 section 10 defines the parameter for
 * authorization requests; here it closes the same gap: who got hold of a device code cannot redeem it with a key of
 * their own.
 *
 * @throws {InvalidRequest} if there is none
 */
export function assertThumbprint(thumbprint: unknown): void {
  if (typeof thumbprint === 'string' && /^[\w-]{43}$/.test(thumbprint)) return;
  throw new InvalidRequest(
    'dpop_jkt must be the SHA-256 thumbprint of the DPoP key that will redeem the code',
  );
}

/**
 * Refuses device codes to every key but the one that asked for them, also before a person has decided. A request
 * without a proof is left to oidc-provider, which refuses it.
 */
export function bindDeviceCodes(provider: OidcProvider): void {
  const deviceCodes = provider.DeviceCode as unknown as DeviceCodes;
  const find = deviceCodes.find.bind(deviceCodes);
  deviceCodes.find = async (deviceCode, options) => {
    const code = await find(deviceCode, options);
    // The proof was judged when the request came in; this hears the verdict.
    const proof = Provider.ctx && (await validateDpop(provider, Provider.ctx));
    if (code && proof && proof.thumbprint !== code.params.dpop_jkt) {
      throw new InvalidGrant('the device code belongs to another key');
    }
    return code;
  };
}

/** The part of the model that matters here, as it is: its type leaves `params` open. */
interface DeviceCodes {
  find: (
    deviceCode: string,
    options?: { ignoreExpiration?: boolean },
  ) => Promise<{ readonly params: DeviceParameters } | undefined>;
}
