import type { Clock } from "@sluice/extension-api";
import { type CompiledStringMatcher, toBinaryString } from "@sluice/matching";
import type { JwksSource } from "./jwks-source.ts";
import type { JwtCache } from "./jwt-cache.ts";
import type { JwtStatus } from "./jwt-status.ts";
import type { Jwt } from "./parse-jwt.ts";
import type { JwtStats } from "./stats.ts";
import type { LocationConfig } from "./token-locations.ts";

/** `JwtProvider`, compiled for one worker. Names of headers in lower case; "" : not wanted. */
export interface Provider {
  readonly name: string;
  /** "": tokens of any issuer. */
  readonly issuer: string;
  readonly audiences: Audiences;
  readonly subjects: CompiledStringMatcher | undefined;
  /** Of what is left until a token expires, which it must say then; undefined: nothing is asked. */
  readonly lifetimeSecondsMax: number | undefined;
  readonly skewSeconds: number;
  readonly locations: LocationConfig;
  /** Whether tokens stay in the request. */
  readonly forward: boolean;
  readonly payloadHeader: string;
  readonly padsPayload: boolean;
  readonly payloadKey: string;
  readonly headerKey: string;
  readonly failureKey: string;
  readonly wordListClaims: readonly string[];
  readonly claimHeaders: readonly ClaimHeader[];
  readonly clearsRouteCache: boolean;
  /** All headers that it may set. */
  readonly ownHeaders: readonly string[];
  readonly cache: JwtCache | undefined;
  readonly jwks: JwksSource;
}

export interface ClaimHeader {
  readonly header: string;
  readonly path: readonly string[];
}

/** All providers of a filter, and what their authentications share. */
export class Providers {
  readonly list: readonly Provider[];
  readonly stats: JwtStats;
  readonly clock: Clock;
  /** Headers that only the filter may set: those of clients are taken out of every request. */
  readonly ownHeaders: readonly string[];
  readonly #byIssuer = new Map<string, Provider>();

  constructor(list: readonly Provider[], stats: JwtStats, clock: Clock) {
    this.list = list;
    this.stats = stats;
    this.clock = clock;
    for (const provider of list)
      if (!this.#byIssuer.has(provider.issuer)) this.#byIssuer.set(provider.issuer, provider);
    this.ownHeaders = [...new Set(list.flatMap((provider) => provider.ownHeaders))];
  }

  /** The first of that issuer, else the first that takes any. */
  ofIssuer(issuer: string): Provider | undefined {
    return this.#byIssuer.get(issuer) ?? this.#byIssuer.get("");
  }

  get single(): Provider | undefined {
    return this.list.length === 1 ? this.list[0] : undefined;
  }
}

/** Whom tokens must be for; schemes and one slash at the end do not count. */
export class Audiences {
  readonly #names: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    this.#names = new Set(names.map(bareAudience));
  }

  allows(given: readonly string[]): boolean {
    return this.#names.size === 0 || given.some((name) => this.#names.has(bareAudience(name)));
  }
}

function bareAudience(name: string): string {
  return name.replace(/^https?:\/\//, "").replace(/\/$/, "");
}

/** What a provider asks of a token's claims beside its issuer and its times. */
export function claimStatus(
  provider: Provider,
  audiences: Audiences,
  jwt: Jwt,
  nowSeconds: number,
): JwtStatus {
  const { subjects, lifetimeSecondsMax } = provider;
  if (subjects?.matches(toBinaryString(jwt.subject)) === false) return "JwtVerificationFail";
  if (lifetimeSecondsMax !== undefined) {
    if (jwt.expires === 0 || jwt.expires - nowSeconds >= lifetimeSecondsMax) return "JwtVerificationFail";
  }
  return audiences.allows(jwt.audiences) ? "Ok" : "JwtAudienceNotAllowed";
}
