import type { Outgoing } from './exchange.ts';
import type { SignJwt } from './proofs.ts';

/** Asks the server for something on its pages and returns what it answers. */
export type Page = (path: string, outgoing: Outgoing) => Promise<string>;

/**
 * What a browser sends when its person looks at a login and approves it; three requests at the cloud as at oidc-provider.
 *
 * @param sign with the key of the login
 */
export type Approve = (page: Page, userCode: string, sign: SignJwt) => Promise<void>;

/**
 * On the cloud's page, which asks the page that began the login for a proof that both are in one browser.
 *
 * @param session the headers that it is known by
 */
export function approvalAtCloud(cloudUrl: string, session: Readonly<Record<string, string>>): Approve {
  const headers = { 'content-type': 'application/json', origin: cloudUrl, ...session };
  return async (page, user_code, sign) => {
    // The browser opens this one, and has no page key to send yet.
    await page('/device', { headers: { cookie: String(session.cookie) } });
    const request = await page('/api/device/lookup', { headers, body: JSON.stringify({ user_code }) });
    const { binding } = JSON.parse(request) as { binding: { challenge: string } };
    const proof = sign('holdfast-approval+jwt', { aud: cloudUrl, nonce: binding.challenge, user_code });
    await page('/api/device/approve', { headers, body: JSON.stringify({ user_code, proof }) });
  };
}

/** On oidc-provider's own pages: the form with the code, the question whether it is right, the success. */
export function approvalAtBareProvider(cookie: string): Approve {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', cookie };
  return async (page, user_code) => {
    const form = await page(`/device?user_code=${user_code}`, { headers: { cookie } });
    const xsrf = /name="xsrf" value="(\w+)"/.exec(form)?.[1] ?? '';
    const fields = { xsrf, user_code };
    await page('/device', { headers, body: String(new URLSearchParams(fields)) });
    await page('/device', { headers, body: String(new URLSearchParams({ ...fields, confirm: 'yes' })) });
  };
}
