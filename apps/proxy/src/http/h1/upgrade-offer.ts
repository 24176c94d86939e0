import type { CompiledStringMatcher } from "@sluice/matching";
import type { Headers } from "../header-map.ts";
import { withoutTokens } from "./connection-tokens.ts";

/** Takes off what is not to be heard of a request's offers to upgrade; answers whether one is left. */
export function settleUpgrade(headers: Headers, ignored: readonly CompiledStringMatcher[]): boolean {
  if (ignored.length > 0 && !keepOffers(headers, ignored)) return false;
  if (headers.getAll("upgrade")?.toLowerCase() !== "h2c") return true;
  // An offer that may be declined (RFC 9110 §7.8): go on in HTTP/1.1.
  headers.remove("upgrade");
  headers.remove("http2-settings");
  headers.set("connection", withoutTokens(headers.getAll("connection") ?? "", ["upgrade", "http2-settings"]));
  return false;
}

function keepOffers(headers: Headers, ignored: readonly CompiledStringMatcher[]): boolean {
  const kept = (headers.getAll("upgrade") ?? "")
    .split(",")
    .map((offer) => offer.trim())
    .filter((offer) => !ignored.some((matcher) => matcher.matches(offer)));
  if (kept.length > 0) {
    headers.set("upgrade", kept.join(","));
    return true;
  }
  headers.remove("upgrade");
  const connection = withoutTokens(headers.getAll("connection") ?? "", ["upgrade"]);
  if (connection === "") headers.remove("connection");
  else headers.set("connection", connection);
  return false;
}
