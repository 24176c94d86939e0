import type { IncomingMessage } from "node:http";

/**
 * Whether a request that can change something comes from our own pages. A browser always names its origin on a WebSocket
 * and on a POST; a client that names none and brings no cookie (the CLI with its token) cannot have been tricked.
 *
 * @param publicUrl the one address of the dashboard, or undefined when it is reached by any host name
 */
export function isSameOrigin(request: IncomingMessage, publicUrl: string | undefined): boolean {
  const { origin, host, cookie } = request.headers;
  if (origin === undefined) return cookie === undefined;
  const parsed = URL.parse(origin);
  if (!parsed) return false;
  if (publicUrl !== undefined) return parsed.origin === new URL(publicUrl).origin;
  if ("encrypted" in request.socket && parsed.protocol !== "https:") return false;
  return parsed.host === host;
}

/** Whether a page of another site asks for data in a user's name: it could not read the answer, and has no business to ask. */
export function isForeignRead(request: IncomingMessage): boolean {
  return request.headers["sec-fetch-site"] === "cross-site" && request.headers.cookie !== undefined;
}
