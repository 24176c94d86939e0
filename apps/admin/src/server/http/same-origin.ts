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
  return publicUrl === undefined ? parsed.host === host : parsed.origin === new URL(publicUrl).origin;
}
