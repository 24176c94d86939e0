import type { Random } from "@sluice/extension-api";
import { discardingHostStats } from "../../cluster/host-stats.ts";
import type { Host, LoadBalancerContext } from "../../cluster/thread-local-cluster.ts";

/** A host whose every member a test may set and change. */
export type TestHost = { -readonly [K in keyof Host]: Host[K] };

/** `requestsInFlight` answers `activeRequests`. */
export function testHost(address: string, given: Partial<TestHost> = {}): TestHost {
  const host: TestHost = {
    address,
    connectTo: { host: address, port: 1 },
    hostname: "",
    weight: 1,
    priority: 0,
    zone: "",
    locality: "",
    localityWeight: 0,
    metadata: undefined,
    health: "healthy",
    excluded: false,
    removed: false,
    stats: discardingHostStats(),
    activeRequests: 0,
    requestsInFlight: () => host.activeRequests,
    healthySinceMs: undefined,
    pool: undefined,
    ...given,
  };
  return host;
}

/** A request that wants nothing in particular; `hash` is its hash policy's. */
export function testContext(
  given: Partial<LoadBalancerContext> & { readonly hash?: bigint } = {},
): LoadBalancerContext {
  const { hash, ...rest } = given;
  return {
    requestHeaders: undefined,
    computeHash: () => hash,
    shouldSelectAnotherHost: () => false,
    hostSelectionAttempts: 0,
    ...rest,
  };
}

/** The same numbers for the same seed. */
export function seededRandom(seed: number): Random {
  let state = seed;
  return {
    uint32: () => {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) >>> 0;
    },
    uuid: () => "",
  };
}
