import { type Jwt, timeStatus } from "./parse-jwt.ts";

const SKEW_SECONDS = 60;

/** Tokens whose signature was found good, the least recently used thrown out first. One a worker, as in Envoy. */
export class JwtCache {
  readonly #tokens = new Map<string, Jwt>();
  readonly #tokensMax: number;
  readonly #tokenBytesMax: number;

  constructor(tokensMax: number, tokenBytesMax: number) {
    this.#tokensMax = tokensMax;
    this.#tokenBytesMax = tokenBytesMax;
  }

  get(token: string, nowSeconds: number): Jwt | undefined {
    const jwt = this.#tokens.get(token);
    if (jwt === undefined) return undefined;
    this.#tokens.delete(token);
    if (timeStatus(jwt, nowSeconds, SKEW_SECONDS) === "JwtExpired") return undefined;
    this.#tokens.set(token, jwt);
    return jwt;
  }

  put(token: string, jwt: Jwt): void {
    if (token.length > this.#tokenBytesMax) return;
    this.#tokens.set(token, jwt);
    if (this.#tokens.size <= this.#tokensMax) return;
    for (const oldest of this.#tokens.keys()) {
      this.#tokens.delete(oldest);
      break;
    }
  }
}
