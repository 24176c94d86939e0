import type { Clock, Timer } from "@sluice/extension-api";
import type { WorkerContext } from "../../../../worker/worker-context.ts";
import { JwksFetcher, type JwksTarget } from "./fetch-jwks.ts";
import type { Jwks } from "./parse-jwks.ts";
import type { JwtStats } from "./stats.ts";

/** Where a provider's keys come from. */
export interface JwksSource {
  /** Keys that may be used now; undefined: none. */
  current(): Jwks | undefined;
  /** Fetches keys for one request; undefined: there is no server to ask. `onDone` as of `JwksFetcher.fetch`. */
  readonly fetch: ((onDone: (jwks: Jwks | undefined) => void) => { cancel(): void }) | undefined;
  close(): void;
}

/** `jwks` undefined: the source was empty. */
export function localJwks(jwks: Jwks | undefined): JwksSource {
  return { current: () => jwks, fetch: undefined, close: () => {} };
}

export interface RemoteJwksConfig extends JwksTarget {
  /** How long what a request fetched may be used. */
  readonly cacheMs: number;
  /** Undefined: keys are fetched when a request needs them. */
  readonly asyncFetch: AsyncFetch | undefined;
}

export interface AsyncFetch {
  /** Whether requests do not wait for the first fetch, but fetch by themselves. */
  readonly fast: boolean;
  readonly failedRefetchMs: number;
}

/** How long before their end keys are fetched anew. */
const REFETCH_EARLY_MS = 5000;

/** Keys of a server: fetched by the requests that need them and, with `async_fetch`, ahead of them and again and again. */
export class RemoteJwks implements JwksSource {
  readonly #config: RemoteJwksConfig;
  readonly #stats: JwtStats;
  readonly #clock: Clock;
  readonly #fetcher: JwksFetcher;
  readonly #timer: Timer | undefined;
  #jwks: Jwks | undefined = undefined;
  /** On the monotonic clock. */
  #expiresAtMs = 0;
  #refetch: { cancel(): void } | undefined = undefined;
  /** While the first fetch ahead is under way and requests wait for it. */
  #waiting: Set<(jwks: Jwks | undefined) => void> | undefined = undefined;

  constructor(config: RemoteJwksConfig, stats: JwtStats, worker: WorkerContext) {
    this.#config = config;
    this.#stats = stats;
    this.#clock = worker.clock;
    this.#fetcher = new JwksFetcher(worker, config);
    this.#timer =
      config.asyncFetch === undefined ? undefined : worker.timers.create(() => this.#fetchAhead());
  }

  /** Begins to fetch ahead, where that is configured. */
  start(): void {
    const { asyncFetch } = this.#config;
    if (asyncFetch === undefined) return;
    if (!asyncFetch.fast) this.#waiting = new Set();
    this.#fetchAhead();
  }

  current(): Jwks | undefined {
    return this.#clock.nowMs() < this.#expiresAtMs ? this.#jwks : undefined;
  }

  readonly fetch = (onDone: (jwks: Jwks | undefined) => void): { cancel(): void } => {
    const waiting = this.#waiting;
    if (waiting === undefined) return this.#fetchNow(onDone);
    let own: { cancel(): void } | undefined;
    const onFirst = (jwks: Jwks | undefined): void => {
      if (jwks === undefined) own = this.#fetchNow(onDone);
      else onDone(jwks);
    };
    waiting.add(onFirst);
    return {
      cancel: () => {
        waiting.delete(onFirst);
        own?.cancel();
      },
    };
  };

  close(): void {
    this.#timer?.disarm();
    this.#refetch?.cancel();
    this.#refetch = undefined;
    this.#tellWaiting(undefined);
  }

  #fetchNow(onDone: (jwks: Jwks | undefined) => void): { cancel(): void } {
    return this.#fetcher.fetch((jwks) => {
      this.#count(jwks);
      if (jwks !== undefined) this.#keep(jwks, this.#clock.nowMs() + this.#config.cacheMs);
      onDone(jwks);
    });
  }

  #fetchAhead(): void {
    const { cacheMs, asyncFetch } = this.#config;
    this.#refetch = this.#fetcher.fetch((jwks) => {
      this.#count(jwks);
      // As Envoy: these last until the next fetch succeeds.
      if (jwks !== undefined) this.#keep(jwks, Number.POSITIVE_INFINITY);
      const good = cacheMs > REFETCH_EARLY_MS ? cacheMs - REFETCH_EARLY_MS : cacheMs;
      this.#timer?.arm(jwks === undefined ? (asyncFetch?.failedRefetchMs ?? 0) : good);
      this.#tellWaiting(jwks);
    });
  }

  #keep(jwks: Jwks, expiresAtMs: number): void {
    this.#jwks = jwks;
    this.#expiresAtMs = expiresAtMs;
  }

  #count(jwks: Jwks | undefined): void {
    (jwks === undefined ? this.#stats.jwksFetchFailed : this.#stats.jwksFetchSuccess).inc();
  }

  #tellWaiting(jwks: Jwks | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) for (const tell of waiting) tell(jwks);
  }
}
