import { type Clock, type HeaderMap, refuse } from "@sluice/extension-api";
import { cookieValue, toBinaryString } from "@sluice/matching";
import type { CookieBasedSessionState } from "@sluice/xds/gen/envoy/extensions/http/stateful_session/cookie/v3/cookie_pb.js";
import type { SessionState, SessionStateFactory } from "../../../../http/session-state.ts";
import { decodeSessionCookie, encodeSessionCookie } from "./session-cookie.ts";

interface CookieSettings {
  readonly name: string;
  readonly ttlSeconds: number;
  /** What follows the value in Set-Cookie. */
  readonly attributes: string;
  readonly clock: Clock;
}

class CookieSession implements SessionState {
  readonly upstreamAddress: string | undefined;
  private readonly settings: CookieSettings;

  constructor(settings: CookieSettings, request: HeaderMap) {
    this.settings = settings;
    const cookie = decodeSessionCookie(cookieValue(request, settings.name) ?? "");
    const isOver =
      cookie !== undefined && cookie.expiresSeconds !== 0 && nowSeconds(settings) > cookie.expiresSeconds;
    this.upstreamAddress = isOver ? undefined : cookie?.address;
  }

  onUpdate(upstreamAddress: string, response: HeaderMap): boolean {
    if (upstreamAddress === this.upstreamAddress) return false;
    const { name, ttlSeconds, attributes } = this.settings;
    const expiresSeconds = ttlSeconds === 0 ? 0 : nowSeconds(this.settings) + ttlSeconds;
    const value = encodeSessionCookie({ address: upstreamAddress, expiresSeconds });
    response.append("set-cookie", `${name}="${value}"${attributes}`);
    return true;
  }
}

function nowSeconds({ clock }: CookieSettings): number {
  return Math.floor(clock.wallMs() / 1000);
}

export const cookieSessionFactory: SessionStateFactory = {
  compile(message, path, clock) {
    const { cookie } = asConfig(message);
    const name = toBinaryString(cookie?.name ?? "");
    if (name === "") {
      const problem = "Cookie key cannot be empty for cookie based stateful sessions";
      return refuse(`${path}.cookie.name`, problem);
    }
    const ttlSeconds = Number(cookie?.ttl?.seconds ?? 0n);
    const cookiePath = toBinaryString(cookie?.path ?? "");
    let attributes = ttlSeconds === 0 ? "" : `; Max-Age=${ttlSeconds}`;
    if (cookiePath !== "") attributes += `; Path=${cookiePath}`;
    for (const one of cookie?.attributes ?? [])
      attributes += toBinaryString(`; ${one.name}${one.value === "" ? "" : `=${one.value}`}`);
    const settings = Object.freeze({ name, ttlSeconds, attributes: `${attributes}; HttpOnly`, clock });
    return {
      ok: true,
      value: {
        of: (request) =>
          isBelow(request.get(":path") ?? "", cookiePath) ? new CookieSession(settings, request) : undefined,
      },
    };
  },
};

/** As clients send cookies: RFC 6265 §5.1.4. */
function isBelow(target: string, cookiePath: string): boolean {
  if (cookiePath === "" || cookiePath === "/") return true;
  if (!target.startsWith(cookiePath)) return false;
  return (
    cookiePath.endsWith("/") ||
    target.length === cookiePath.length ||
    "/?#".includes(target.charAt(cookiePath.length))
  );
}

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): CookieBasedSessionState {
  return message as CookieBasedSessionState;
}
