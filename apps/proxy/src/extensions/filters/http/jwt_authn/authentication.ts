import type { HeaderMap } from "@sluice/extension-api";
import { claimAt, claimText, withWordLists } from "./claim-values.ts";
import { type JwtStatus, statusCode, statusText } from "./jwt-status.ts";
import { type Jwt, parseJwt, timeStatus } from "./parse-jwt.ts";
import { type Audiences, claimStatus, type Provider, type Providers } from "./provider.ts";
import type { FoundToken, TokenLocations } from "./token-locations.ts";
import { verifySignature } from "./verify-signature.ts";

/** The request that is authenticated, for all authentications that it needs. */
export interface AuthenticatedRequest {
  readonly headers: HeaderMap;
  /** By key of the filter's metadata. */
  readonly extracted: Map<string, Readonly<Record<string, unknown>>>;
  clearRouteCache(): void;
}

/** What tokens are asked to be. */
export interface AuthenticationRule {
  readonly providers: Providers;
  /** Undefined: that of the token's issuer. */
  readonly provider: Provider | undefined;
  /** In place of the provider's. */
  readonly audiences: Audiences | undefined;
  readonly locations: TokenLocations;
  readonly allowsMissing: boolean;
  readonly allowsFailed: boolean;
  /** Set to "false" where a token was there and not good; "": none. */
  readonly unverifiedHeader: string;
}

/**
 * Verifies all tokens that a rule finds in a request, one after the other, the last first; as in Envoy all must be good unless some may be
 * missing or bad. Waits where keys must be fetched.
 */
export class Authentication {
  readonly #rule: AuthenticationRule;
  readonly #request: AuthenticatedRequest;
  readonly #onDone: (status: JwtStatus) => void;
  #tokens: FoundToken[] = [];
  #provider: Provider | undefined;
  #call: { cancel(): void } | undefined = undefined;
  #clearsRouteCache = false;
  #running = false;
  #next = false;
  #over = false;

  /** `onDone` is told once, also before `start` returns, and not after `cancel`. */
  constructor(rule: AuthenticationRule, request: AuthenticatedRequest, onDone: (status: JwtStatus) => void) {
    this.#rule = rule;
    this.#request = request;
    this.#onDone = onDone;
    this.#provider = rule.provider;
  }

  start(): void {
    const { provider, providers, locations } = this.#rule;
    const { headers } = this.#request;
    // As Envoy: also what another provider of the same request has just set.
    for (const name of provider?.ownHeaders ?? providers.ownHeaders) headers.remove(name);
    this.#tokens = locations.find(headers);
    if (this.#tokens.length === 0) this.#finishToken("JwtMissed");
    else this.#verifyNext();
  }

  cancel(): void {
    this.#over = true;
    this.#call?.cancel();
    this.#call = undefined;
  }

  /** Tokens that need no fetch follow one another without recursion. */
  #verifyNext(): void {
    this.#next = true;
    if (this.#running) return;
    this.#running = true;
    while (this.#next && !this.#over) {
      this.#next = false;
      const token = this.#tokens.pop();
      if (token !== undefined) this.#verify(token);
    }
    this.#running = false;
  }

  #verify(found: FoundToken): void {
    const { providers, provider: wanted } = this.#rule;
    const { stats, clock } = providers;
    const nowSeconds = Math.floor(clock.wallMs() / 1000);
    let known: Jwt | undefined;
    if (wanted !== undefined) {
      known = wanted.cache?.get(found.token, nowSeconds);
      (known === undefined ? stats.jwtCacheMiss : stats.jwtCacheHit).inc();
    }
    const jwt = known ?? parseJwt(found.token);
    const status = typeof jwt === "string" ? jwt : this.#checkClaims(found, jwt, nowSeconds);
    const provider = this.#provider;
    if (typeof jwt === "string" || status !== "Ok" || provider === undefined) this.#finishToken(status);
    else if (known !== undefined) this.#take(provider, found, jwt, true);
    else this.#checkSignature(provider, found, jwt);
  }

  #checkClaims(found: FoundToken, jwt: Jwt, nowSeconds: number): JwtStatus {
    const { providers, provider: wanted, audiences } = this.#rule;
    if (!found.allowsIssuer(jwt.issuer)) return "JwtUnknownIssuer";
    const provider = wanted ?? providers.ofIssuer(jwt.issuer);
    this.#provider = provider;
    if (provider === undefined) return "JwtUnknownIssuer";
    const time = timeStatus(jwt, nowSeconds, provider.skewSeconds);
    return time === "Ok" ? claimStatus(provider, audiences ?? provider.audiences, jwt, nowSeconds) : time;
  }

  #checkSignature(provider: Provider, found: FoundToken, jwt: Jwt): void {
    const { jwks: source } = provider;
    const jwks = source.current();
    if (jwks !== undefined) this.#judge(provider, found, jwt, verifySignature(jwt, jwks));
    else if (source.fetch === undefined) this.#finishToken("JwksNoValidKeys");
    else {
      let done = false;
      const call = source.fetch((fetched) => {
        done = true;
        this.#call = undefined;
        if (this.#over) return;
        const status = fetched === undefined ? "JwksFetchFail" : verifySignature(jwt, fetched);
        this.#judge(provider, found, jwt, status);
      });
      if (!done) this.#call = call;
    }
  }

  #judge(provider: Provider, found: FoundToken, jwt: Jwt, status: JwtStatus): void {
    if (status === "Ok") this.#take(provider, found, jwt, false);
    else this.#finishToken(status);
  }

  /** The token is good. */
  #take(provider: Provider, found: FoundToken, jwt: Jwt, cached: boolean): void {
    const { headers, extracted } = this.#request;
    if (provider.payloadHeader !== "") {
      const { payloadBase64Url: payload } = jwt;
      const padded = payload.padEnd(Math.ceil(payload.length / 4) * 4, "=");
      headers.append(provider.payloadHeader, provider.padsPayload ? padded : payload);
    }
    let added = false;
    for (const { header, path } of provider.claimHeaders) {
      const text = claimText(claimAt(jwt.payload, path));
      if (text === "" || NO_HEADER_VALUE.test(text)) continue;
      headers.append(header, text);
      added = true;
    }
    if (provider.clearsRouteCache && (added || provider.payloadKey !== "")) this.#clearsRouteCache = true;
    if (!provider.forward) found.remove(headers);
    if (provider.headerKey !== "") extracted.set(provider.headerKey, jwt.header);
    if (provider.payloadKey !== "")
      extracted.set(provider.payloadKey, withWordLists(jwt.payload, provider.wordListClaims));
    if (this.#rule.provider !== undefined && !cached) provider.cache?.put(found.token, jwt);
    this.#finishToken("Ok");
  }

  #finishToken(status: JwtStatus): void {
    const { allowsFailed, allowsMissing, providers, unverifiedHeader } = this.#rule;
    if (status !== "Ok") {
      const { failureKey = "" } = this.#provider ?? providers.single ?? {};
      if (failureKey !== "")
        this.#request.extracted.set(failureKey, { code: statusCode(status), message: statusText(status) });
      if (unverifiedHeader !== "" && status !== "JwtMissed")
        this.#request.headers.set(unverifiedHeader, "false");
    }
    const goesOn = status === "Ok" || allowsFailed || allowsMissing;
    if (goesOn && this.#tokens.length > 0) {
      this.#verifyNext();
      return;
    }
    this.#over = true;
    const missing = allowsMissing && status === "JwtMissed";
    if (this.#clearsRouteCache) this.#request.clearRouteCache();
    this.#onDone(allowsFailed || missing ? "Ok" : status);
  }
}

/** No claim may end its header's line. */
const NO_HEADER_VALUE = /[\0\r\n]/;
