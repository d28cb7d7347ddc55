/**
 * better-auth tells a page the token that is in its cookie too, and which the cookie keeps from scripts: whoever runs one
 * in the page could carry the session away.
 */
export async function withoutSessionToken(response: Response): Promise<Response> {
  if (!response.headers.get('content-type')?.startsWith('application/json')) return response;
  const body: unknown = await response.json();
  if (isRecord(body)) {
    delete body.token;
    if (isRecord(body.session)) delete body.session.token;
  }
  return new Response(JSON.stringify(body), response);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
