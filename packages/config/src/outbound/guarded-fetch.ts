import type { OutboundPolicy } from "./outbound-policy.ts";
import { outboundRequest } from "./outbound-request.ts";
import type { Resolve } from "./resolve-target.ts";

/** Answers that have no body by definition; `Response` takes none for them. */
const BODILESS = new Set([204, 205, 304]);

/**
 * `outboundRequest` in the shape of `fetch`, for libraries that take one (OpenID clients). A redirect is answered, never followed;
 * what fails is thrown as `OutboundError`. Bodies are texts or bytes.
 */
export function guardedFetch(
  policy: OutboundPolicy,
  limits: { readonly timeoutMs?: number; readonly responseBytesMax?: number; readonly ca?: string } = {},
  resolve?: Resolve,
): (input: string | URL | Request, init?: RequestInit) => Promise<Response> {
  return async (input, init) => {
    const request = new Request(input, { ...init, redirect: "manual" });
    const body = new Uint8Array(await request.arrayBuffer());
    const asked = {
      url: request.url,
      method: request.method,
      headers: Object.fromEntries(request.headers),
      signal: request.signal,
      ...(body.length > 0 ? { body } : {}),
      ...limits,
    };
    const answer = await outboundRequest(policy, asked, resolve);
    const headers = new Headers();
    for (const [name, value] of Object.entries(answer.headers)) {
      for (const item of Array.isArray(value) ? value : [value ?? ""]) headers.append(name, item);
    }
    const content = BODILESS.has(answer.status) ? null : new Uint8Array(answer.body);
    return new Response(content, { status: answer.status, headers });
  };
}
