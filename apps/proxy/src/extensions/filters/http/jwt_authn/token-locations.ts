import type { HeaderMap } from "@sluice/extension-api";
import { cookieValue } from "@sluice/matching";
import { queryParameters, removeQueryParameter } from "../../../../route/query-edits.ts";

/** The places that one provider's tokens may come from; names of headers in lower case. */
export interface LocationConfig {
  readonly issuer: string;
  readonly headers: readonly { readonly name: string; readonly prefix: string }[];
  readonly params: readonly string[];
  readonly cookies: readonly string[];
}

/** One token of a request. */
export interface FoundToken {
  readonly token: string;
  /** Whether some provider that looks there takes this issuer. */
  allowsIssuer(issuer: string): boolean;
  /** From the request that goes on; cookies stay, as in Envoy. */
  remove(headers: HeaderMap): void;
}

/** Issuers that look at one place; a provider without an issuer takes all. */
class Issuers {
  readonly #names = new Set<string>();
  #all = false;

  add(issuer: string): void {
    if (issuer === "") this.#all = true;
    else this.#names.add(issuer);
  }

  has = (issuer: string): boolean => this.#all || this.#names.has(issuer);
}

interface HeaderPlace {
  readonly name: string;
  readonly prefix: string;
  readonly issuers: Issuers;
}

/** Where tokens are looked for, for one provider or several at once. */
export class TokenLocations {
  readonly #headers: readonly HeaderPlace[];
  readonly #params: readonly (readonly [string, Issuers])[];
  readonly #cookies: readonly (readonly [string, Issuers])[];

  constructor(configs: readonly LocationConfig[]) {
    const headers = new Map<string, HeaderPlace>();
    const params = new Map<string, Issuers>();
    const cookies = new Map<string, Issuers>();
    for (const { issuer, ...places } of configs) {
      for (const { name, prefix } of places.headers) {
        const key = name + prefix;
        const place = headers.get(key) ?? { name, prefix, issuers: new Issuers() };
        place.issuers.add(issuer);
        headers.set(key, place);
      }
      for (const param of places.params) issuersOf(params, param).add(issuer);
      for (const cookie of places.cookies) issuersOf(cookies, cookie).add(issuer);
    }
    this.#headers = sorted(headers).map(([, place]) => place);
    this.#params = sorted(params);
    this.#cookies = sorted(cookies);
  }

  /** In Envoy's order: by the names of headers, then of query parameters, then of cookies. */
  find(headers: HeaderMap): FoundToken[] {
    const found: FoundToken[] = [];
    for (const { name, prefix, issuers } of this.#headers)
      for (const value of valuesOf(headers, name)) {
        const token = tokenBehind(value, prefix);
        if (token !== undefined)
          found.push({ token, allowsIssuer: issuers.has, remove: (from) => void from.remove(name) });
      }
    if (this.#params.length > 0) {
      const given = queryParameters(headers.get(":path") ?? "");
      for (const [name, issuers] of this.#params) {
        const token = given.get(name)?.[0];
        if (token !== undefined)
          found.push({
            token,
            allowsIssuer: issuers.has,
            remove: (from) => removeQueryParameter(from, name),
          });
      }
    }
    for (const [name, issuers] of this.#cookies) {
      const token = cookieValue(headers, name);
      if (token !== undefined) found.push({ token, allowsIssuer: issuers.has, remove: () => {} });
    }
    return found;
  }
}

function issuersOf(places: Map<string, Issuers>, name: string): Issuers {
  const known = places.get(name);
  if (known !== undefined) return known;
  const issuers = new Issuers();
  places.set(name, issuers);
  return issuers;
}

function sorted<T>(places: ReadonlyMap<string, T>): [string, T][] {
  return [...places].sort(([a], [b]) => (a < b ? -1 : 1));
}

function valuesOf(headers: HeaderMap, name: string): readonly string[] {
  const first = headers.get(name);
  if (first === undefined) return [];
  if (headers.getAll(name) === first) return [first];
  const values: string[] = [];
  headers.forEach((given, value) => {
    if (given === name) values.push(value);
  });
  return values;
}

/** What stands behind the prefix, from the first char on that a token may have; the whole value where there is none. */
function tokenBehind(value: string, prefix: string): string | undefined {
  if (prefix === "") return value;
  const at = value.indexOf(prefix);
  if (at < 0) return undefined;
  const behind = value.slice(at + prefix.length);
  const start = behind.search(/[A-Za-z0-9\-_.]/);
  return start < 0 ? value : behind.slice(start);
}
