import { BlockList, isIP } from "node:net";
import { addRange, isPublicAddress } from "./special-addresses.ts";

/**
 * Where Sluice may connect to on somebody's word (webhooks, mail servers, OpenID discovery, DNS providers): hosts of the public
 * Internet, and what who runs the appliance has put on the allow-list.
 */
export interface OutboundPolicy {
  /** Whether a connection to `address` may be made because somebody named `host`. */
  permits(host: string, address: string): boolean;
}

/**
 * @param text `SLUICE_OUTBOUND_ALLOW`: apart by commas or white space, host names (`hooks.corp.example`), names with all below
 *   (`*.corp.example`), addresses (`10.1.2.3`, `fd00::1`) and ranges (`10.0.0.0/8`). A name allows whatever it resolves to; an
 *   address or range whichever name leads there. Empty: only the public Internet.
 * @throws Error with one line that names the entry
 */
export function parseOutboundPolicy(text: string): OutboundPolicy {
  const names = new Set<string>();
  const suffixes: string[] = [];
  const ranges = new BlockList();
  for (const entry of text.split(/[\s,]+/).filter((part) => part !== "")) {
    const name = plainHost(entry);
    if (addRange(ranges, name)) continue;
    if (!HOST_NAME.test(name)) throw new Error(`"${entry}" is no host name, address or range`);
    if (name.startsWith("*.")) suffixes.push(name.slice(1));
    else names.add(name);
  }
  return {
    permits(host, address) {
      const name = plainHost(host);
      if (names.has(name) || suffixes.some((suffix) => name.endsWith(suffix))) return true;
      const version = isIP(address);
      if (version === 0) return false;
      return isPublicAddress(address) || ranges.check(address, version === 4 ? "ipv4" : "ipv6");
    },
  };
}

/** `parseOutboundPolicy` of the environment's text. @throws Error with one line that names the variable too */
export function readOutboundPolicy(text: string | undefined): OutboundPolicy {
  try {
    return parseOutboundPolicy(text ?? "");
  } catch (error) {
    throw new Error(`SLUICE_OUTBOUND_ALLOW: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const HOST_NAME = /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;

/** Lower case, without the brackets of an IPv6 address in a URL and without the root's dot. */
export function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}
