import { ConfigError } from "../contract.ts";
import { PROBE_METHODS, type ProbeHeader, type SyntheticProbe } from "./probe-contract.ts";

/** What somebody chooses; the rest: GET, 200, no text, 5 s, 3 attempts. */
export interface ProbeInput {
  readonly listener: string;
  readonly url: string;
  readonly method?: string | undefined;
  readonly headers?: readonly ProbeHeader[] | undefined;
  readonly statuses?: readonly number[] | undefined;
  readonly bodyContains?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly attempts?: number | undefined;
  readonly addresses?: Readonly<Record<string, string>> | undefined;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/;
/** Field values as RFC 9110, section 5.5, has them. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]{0,4000}$/;
const CREDENTIALS: ReadonlySet<string> = new Set(["authorization", "proxy-authorization", "cookie"]);
/** Of the request itself: the URL and the client say them. */
const OWN: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "upgrade",
  "te",
  "expect",
]);
const HEADERS_MAX = 50;
const ADDRESSES_MAX = 500;

/** Checks and completes; `bad_input`. */
export function completeProbe(input: ProbeInput): SyntheticProbe {
  if (input.listener.trim() === "") refuse("name the listener that gets the request");
  const method = PROBE_METHODS.find((known) => known === (input.method ?? "GET").toUpperCase());
  if (method === undefined) refuse(`method '${input.method}': use one of ${PROBE_METHODS.join(", ")}`);
  const statuses = input.statuses ?? [200];
  if (statuses.length === 0 || statuses.length > 20) refuse("name from 1 to 20 statuses that are expected");
  for (const status of statuses)
    if (!Number.isInteger(status) || status < 200 || status > 599)
      refuse(`status ${status}: it must be from 200 to 599`);
  const bodyContains = input.bodyContains ?? "";
  if (bodyContains.length > 2_000) refuse("the text that is expected may have 2000 characters");
  if (bodyContains !== "" && method === "HEAD") refuse("the answer to HEAD has no body to look into");
  const headers = input.headers ?? [];
  if (headers.length > HEADERS_MAX) refuse(`it may have ${HEADERS_MAX} headers`);
  for (const header of headers) checkHeader(header);
  const addresses = input.addresses ?? {};
  if (Object.keys(addresses).length > ADDRESSES_MAX) refuse(`it may name ${ADDRESSES_MAX} addresses`);
  for (const [node, address] of Object.entries(addresses)) checkAddress(node, address);
  return {
    listener: input.listener,
    method,
    url: checkUrl(input.url),
    headers,
    statuses,
    bodyContains,
    timeoutMs: between("deadline", input.timeoutMs ?? 5_000, 100, 10_000),
    attempts: between("number of attempts", input.attempts ?? 3, 1, 20),
    addresses,
  };
}

function checkUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:"))
    return refuse(`url '${text}': it must be like http://shop.example/health, or begin with https://`);
  if (url.username !== "" || url.password !== "") refuse("its url must have no user or password in it");
  if (text.length > 4_000) refuse("its url may have 4000 characters");
  url.hash = "";
  return url.href;
}

function checkHeader({ name, value }: ProbeHeader): void {
  const lower = name.toLowerCase();
  if (!TOKEN.test(name)) refuse(`header '${name}': that is no name of a header`);
  if (CREDENTIALS.has(lower))
    refuse(`header '${name}': a probe carries no credentials, since whoever may read rollouts reads it`);
  if (OWN.has(lower)) refuse(`header '${name}': it follows from the request itself`);
  if (!VALUE.test(value)) refuse(`header '${name}': its value has a line break or another control character`);
}

function checkAddress(node: string, address: string): void {
  const url = URL.parse(`http://${address}/`);
  if (url === null || url.host !== address.toLowerCase().replace(/:80$/, "") || !/:\d+$/.test(address))
    refuse(`address '${address}' of node '${node}': it must be host:port`);
}

function between(what: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  return refuse(`its ${what} is ${value}: it must be a whole number from ${min} to ${max}`);
}

function refuse(why: string): never {
  throw new ConfigError("bad_input", `the synthetic request: ${why}`);
}
