import { isIP } from "node:net";
import { ConfigError } from "../contract.ts";
import { signingKeyBytes } from "../notification/channel-secret.ts";
import { type DnsProviderSettings, TSIG_ALGORITHMS } from "./acme-contract.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const DOMAIN = /^(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?$/;
const DOMAIN_LENGTH_MAX = 253;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const TSIG_BYTES_MIN = 16;
const TSIG_BYTES_MAX = 128;
const SERVERS_MAX = 10;
const URL_LENGTH_MAX = 2_000;

/** `host`, `host:port`, `[v6]:port`, or an address; undefined when it is none of these. Without a port: 53. */
export function readServer(text: string): { readonly host: string; readonly port: number } | undefined {
  if (isIP(text) === 6) return { host: text, port: 53 };
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? "";
  const port = digits === undefined ? 53 : Number(digits);
  const good = bracketed === undefined ? isIP(host) === 4 || DOMAIN.test(host) : isIP(host) === 6;
  return good && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

/** Answers the settings without what does not belong to the kind. Throws `invalid` with what to write instead. */
export function requireDnsSettings(name: string, settings: DnsProviderSettings): DnsProviderSettings {
  if (!NAME.test(name))
    throw refusal("a DNS provider's name has letters, digits and ._- and up to 63 characters");
  const nameServers = [...settings.nameServers];
  if (nameServers.length > SERVERS_MAX) throw refusal(`at most ${SERVERS_MAX} name servers are asked`);
  for (const server of nameServers) requireServer(server);
  if (settings.kind === "rfc2136") {
    const { kind, server, zone, keyName, algorithm } = settings;
    requireServer(server);
    for (const [what, text] of [
      ["zone", zone ?? "example"],
      ["key", keyName],
    ] as const)
      if (!DOMAIN.test(text) || text.length > DOMAIN_LENGTH_MAX)
        throw refusal(`'${text}' is no name of a ${what}`);
    if (!TSIG_ALGORITHMS.includes(algorithm))
      throw refusal(`a key's algorithm is one of ${TSIG_ALGORITHMS.join(", ")}`);
    return { kind, server, ...(zone === undefined ? {} : { zone }), keyName, algorithm, nameServers };
  }
  const { url } = settings;
  const protocol = URL.parse(url)?.protocol;
  if ((protocol !== "https:" && protocol !== "http:") || url.length > URL_LENGTH_MAX)
    throw refusal("a webhook's address begins with https:// or http://");
  return { kind: "webhook", url, nameServers };
}

export function requireDnsSecret(kind: DnsProviderSettings["kind"], secret: string): void {
  if (kind === "webhook" && signingKeyBytes(secret) === undefined)
    throw refusal("a signing key is `whsec_` and 24 to 64 bytes in base64");
  if (kind === "rfc2136" && !isTsigSecret(secret))
    throw refusal("a key's secret is 16 to 128 bytes in base64, as `tsig-keygen` prints it");
}

function isTsigSecret(secret: string): boolean {
  const { length } = Buffer.from(secret, "base64");
  return BASE64.test(secret) && length >= TSIG_BYTES_MIN && length <= TSIG_BYTES_MAX;
}

function requireServer(text: string): void {
  if (readServer(text) === undefined)
    throw refusal(`'${text}' is no name server: write host, host:port or [v6 address]:port`);
}

function refusal(message: string): ConfigError {
  return new ConfigError("invalid", message);
}
