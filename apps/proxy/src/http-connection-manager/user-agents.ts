import type { Counter, Histogram, StatsScope } from "@sluice/extension-api";

/** `http.<stat_prefix>.user_agent.<kind>.`: connections from one kind of client. */
export interface UserAgentStats {
  readonly cxTotal: Counter;
  readonly cxDestroyRemoteActiveRq: Counter;
  readonly cxLengthMs: Histogram;
  readonly rqTotal: Counter;
}

/** What a `user-agent` has in it, in Envoy's order. */
const KINDS = [
  { mark: "iOS", name: "ios" },
  { mark: "android", name: "android" },
] as const;

/** Clients whose kind Envoy tells apart; each kind is listed once such a client has come. */
export class UserAgents {
  readonly #scope: StatsScope;
  readonly #seen = new Map<string, UserAgentStats>();

  constructor(scope: StatsScope) {
    this.#scope = scope;
  }

  find(userAgent: string): UserAgentStats | undefined {
    for (const { mark, name } of KINDS) if (userAgent.includes(mark)) return this.#statsOf(name);
    return undefined;
  }

  #statsOf(name: string): UserAgentStats {
    const known = this.#seen.get(name);
    if (known !== undefined) return known;
    const scope = this.#scope.scope("user_agent").scope(name);
    const stats = {
      cxTotal: scope.counter("downstream_cx_total"),
      cxDestroyRemoteActiveRq: scope.counter("downstream_cx_destroy_remote_active_rq"),
      cxLengthMs: scope.histogram("downstream_cx_length_ms"),
      rqTotal: scope.counter("downstream_rq_total"),
    };
    this.#seen.set(name, stats);
    return stats;
  }
}
