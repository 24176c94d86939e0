import { LOG_LEVELS, parseLogLevel } from "../server/application-log.ts";
import type { Server } from "../server/server.ts";
import { clustersJson, clustersText } from "./clusters-page.ts";
import { configDump } from "./config-dump.ts";
import { listenersJson, listenersText } from "./listeners-page.ts";
import { prometheusText } from "./prometheus-page.ts";
import { serverInfo } from "./server-info.ts";
import { statsPage } from "./stats-page.ts";

export interface AdminReply {
  /** Default 200. */
  readonly status?: number;
  /** Default plain text. */
  readonly type?: string;
  readonly body: string;
  /** Runs when the answer is on its way. */
  after?(): void;
}

export interface AdminCommand {
  readonly path: string;
  /** Changes something: POST is required. */
  readonly post?: boolean;
  readonly help: string;
  readonly parameters?: Readonly<Record<string, string>>;
  run(server: Server, parameters: URLSearchParams): AdminReply | Promise<AdminReply>;
}

const JSON_TYPE = "application/json";
const OK: AdminReply = { body: "OK\n" };
const json = (value: unknown): AdminReply => ({
  type: JSON_TYPE,
  body: `${JSON.stringify(value, null, 1)}\n`,
});

/** In the order of `/help`. */
export const ADMIN_COMMANDS: readonly AdminCommand[] = [
  { path: "/certs", help: "print certs on machine", run: () => json({ certificates: [] }) },
  {
    path: "/clusters",
    help: "upstream cluster status",
    parameters: {
      format: "One of (text, json)",
      filter: "Regular expression for filtering clusters by name",
    },
    run: (server, parameters) =>
      parameters.get("format") === "json"
        ? json(clustersJson(server, parameters.get("filter")))
        : { body: clustersText(server, parameters.get("filter")) },
  },
  {
    path: "/config_dump",
    help: "dump current configs",
    parameters: {
      resource: "The resource to dump",
      mask: "The mask to apply",
      name_regex: "Dump only the configurations whose names match",
      include_eds: "Dump endpoints, too",
    },
    run: (server, parameters) => configDump(server, parameters),
  },
  {
    path: "/drain_listeners",
    post: true,
    help: "drain listeners",
    parameters: { graceful: "Connections may end by themselves during the drain time" },
    run: async (server, parameters) => {
      for (const name of ["skip_exit", "inboundonly"]) {
        if (parameters.has(name)) return { status: 400, body: `${name} is not implemented\n` };
      }
      await server.drainListeners(parameters.has("graceful"));
      return OK;
    },
  },
  {
    path: "/healthcheck/fail",
    post: true,
    help: "cause the server to fail health checks",
    run: (server) => {
      server.drain.setHealthCheckFailed(true);
      return OK;
    },
  },
  {
    path: "/healthcheck/ok",
    post: true,
    help: "cause the server to pass health checks",
    run: (server) => {
      server.drain.setHealthCheckFailed(false);
      return OK;
    },
  },
  {
    path: "/listeners",
    help: "print listener info",
    parameters: { format: "One of (text, json)" },
    run: (server, parameters) =>
      parameters.get("format") === "json" ? json(listenersJson(server)) : { body: listenersText(server) },
  },
  {
    path: "/logging",
    post: true,
    help: "query or change the logging level",
    parameters: { level: `One of (${LOG_LEVELS.join(", ")})` },
    run: setLogLevel,
  },
  { path: "/memory", help: "print current allocation and heap usage", run: () => json(memory()) },
  {
    path: "/quitquitquit",
    post: true,
    help: "exit the server",
    run: (server) => ({ ...OK, after: () => void server.stop() }),
  },
  {
    path: "/ready",
    help: "print server state, return 200 if LIVE, otherwise return 503",
    run: (server) => ({ status: server.readiness === "LIVE" ? 200 : 503, body: `${server.readiness}\n` }),
  },
  {
    path: "/reopen_logs",
    post: true,
    help: "reopen access logs",
    run: async (server) => {
      await server.reopenLogs();
      return OK;
    },
  },
  {
    path: "/reset_counters",
    post: true,
    help: "reset all counters to zero",
    run: (server) => {
      server.stats.resetCounters();
      return OK;
    },
  },
  {
    path: "/runtime",
    help: "print runtime values",
    run: (server) => json(runtimeValues(server)),
  },
  {
    path: "/runtime_modify",
    post: true,
    help: "Adds or modifies runtime values of the admin layer; an empty value deletes",
    run: (server, parameters) => {
      if ([...parameters].length === 0)
        return { status: 400, body: "usage: /runtime_modify?key1=value1&key2=value2\n" };
      if (server.modifyRuntime(parameters)) return OK;
      return { status: 503, body: "No admin layer specified" };
    },
  },
  {
    path: "/server_info",
    help: "print server version/status information",
    run: (server) => json(serverInfo(server)),
  },
  {
    path: "/stats",
    help: "print server stats",
    parameters: {
      usedonly: "Only include stats that have been written",
      filter: "Regular expression for filtering stats",
      format: "One of (text, json, prometheus)",
      type: "One of (All, Counters, Histograms, Gauges, TextReadouts)",
    },
    run: (server, parameters) => statsPage(server.stats, parameters),
  },
  {
    path: "/stats/prometheus",
    help: "print server stats in prometheus format",
    parameters: { usedonly: "Only include stats that have been written", filter: "Regular expression" },
    run: (server, parameters) => prometheusText(server.stats, parameters),
  },
];

function setLogLevel(server: Server, parameters: URLSearchParams): AdminReply {
  const given = parameters.get("level");
  if (given !== null) {
    const level = parseLogLevel(given);
    if (level === undefined) return { status: 400, body: "error: unknown logger level\n" };
    server.log.setLevel(level);
    void server.broadcast({ type: "log-level", level });
  } else if ([...parameters].length > 0) {
    return { status: 400, body: "only level is implemented: there is one logger\n" };
  }
  return { body: `active loggers:\n  main: ${server.log.level}\n` };
}

function memory(): unknown {
  const usage = process.memoryUsage();
  return {
    allocated: String(usage.heapUsed + usage.external),
    heap_size: String(usage.heapTotal),
    pageheap_unmapped: "0",
    pageheap_free: String(usage.heapTotal - usage.heapUsed),
    total_thread_cache: "0",
    total_physical_bytes: String(usage.rss),
  };
}

function runtimeValues(server: Server): unknown {
  const { layers } = server.runtime;
  const merged = server.runtime.merged();
  const print = (value: unknown): string =>
    typeof value === "object" ? JSON.stringify(value) : String(value);
  const entries: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(merged)) {
    entries[key] = {
      final_value: print(value),
      layer_values: layers.map((layer) => (layer.values[key] === undefined ? "" : print(layer.values[key]))),
    };
  }
  return { entries, layers: layers.map((layer) => layer.name) };
}
