import type { IncomingMessage, ServerResponse } from "node:http";
import { ADDRESS_HEADER } from "../auth/address-header.ts";
import { readBody } from "./read-body.ts";

/** Headers as the Fetch API's, with the peer's address from the socket under a name that the client cannot set. */
export function webHeaders(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || name.startsWith(":")) continue;
    for (const item of Array.isArray(value) ? value : [value]) headers.append(name, item);
  }
  // Node's own fetch says `sec-fetch-mode` like a browser, which would then have to name its origin; a browser always does.
  if (!headers.has("origin") && !headers.has("cookie"))
    for (const name of ["sec-fetch-mode", "sec-fetch-site", "sec-fetch-dest"]) headers.delete(name);
  headers.set(ADDRESS_HEADER, request.socket.remoteAddress ?? "unknown");
  return headers;
}

/** The whole request with its body; undefined when the body is longer than `bodyBytesMax`. */
export async function webRequest(
  request: IncomingMessage,
  origin: string,
  bodyBytesMax: number,
): Promise<Request | undefined> {
  const body = await readBody(request, bodyBytesMax);
  if (body === undefined) return undefined;
  const method = request.method ?? "GET";
  return new Request(new URL(request.url ?? "/", origin), {
    method,
    headers: webHeaders(request),
    ...(method === "GET" || method === "HEAD" ? {} : { body: new Uint8Array(body) }),
  });
}

export async function sendWebResponse(response: ServerResponse, answer: Response): Promise<void> {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) if (name !== "set-cookie") response.setHeader(name, value);
  const cookies = answer.headers.getSetCookie();
  if (cookies.length > 0) response.setHeader("set-cookie", cookies);
  response.end(Buffer.from(await answer.arrayBuffer()));
}
