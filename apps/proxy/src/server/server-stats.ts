import { createFileStats } from "../access-log/file-stats.ts";
import { createRouterStats } from "../route/router-stats.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";

export type ServerState = "LIVE" | "DRAINING" | "PRE_INITIALIZING" | "INITIALIZING";

const STATE_GAUGE: Readonly<Record<ServerState, number>> = {
  LIVE: 0,
  DRAINING: 1,
  PRE_INITIALIZING: 2,
  INITIALIZING: 3,
};

/** Of Envoy's server; what it never counts here, at 0. */
const NEVER_COUNTED = [
  "debug_assertion_failures",
  "dropped_stat_flushes",
  "dynamic_unknown_fields",
  "envoy_bug_failures",
  "envoy_notifications",
  "static_unknown_fields",
  "wip_protos",
] as const;

/** They are parsed each time. */
const CERTIFICATES_EVERY_MS = 5000;

interface ServerView {
  readonly concurrency: number;
  /** `stats_server_version_override`. */
  readonly version: bigint | undefined;
  /** Wall clock. */
  readonly startedAt: number;
  /** Of the certificate in service that ends first. */
  daysUntilFirstExpiry(): number;
  isLive(): boolean;
  state(): ServerState;
}

/** The stats `server.*` of the process as a whole, and those of its log files and of the router that its own requests take, which are listed from the start. */
export function publishServerStats(stats: StatsRegistry, server: ServerView): void {
  const scope = stats.root().scope("server");
  if (server.version !== undefined) scope.gauge("version").set(Number(server.version));
  scope.gauge("concurrency").set(server.concurrency);
  scope.gauge("hot_restart_epoch").set(0);
  scope.gauge("parent_connections").set(0);
  for (const name of NEVER_COUNTED) scope.counter(name);
  createFileStats(stats.root());
  createRouterStats(stats.root().scope("http").scope("async-client"));
  scope.scope("compilation_settings").gauge("fips_mode").set(0);
  let lookedAtMs = 0;
  stats.onRead(() => {
    const memory = process.memoryUsage();
    scope.gauge("live").set(server.isLive() ? 1 : 0);
    scope.gauge("state").set(STATE_GAUGE[server.state()]);
    scope.gauge("uptime").set(Math.floor((Date.now() - server.startedAt) / 1000));
    if (Date.now() - lookedAtMs >= CERTIFICATES_EVERY_MS) {
      lookedAtMs = Date.now();
      scope.gauge("days_until_first_cert_expiring").set(server.daysUntilFirstExpiry());
    }
    scope.gauge("memory_allocated").set(memory.heapUsed + memory.external);
    scope.gauge("memory_heap_size").set(memory.heapTotal);
    scope.gauge("memory_physical_size").set(memory.rss);
  });
}
