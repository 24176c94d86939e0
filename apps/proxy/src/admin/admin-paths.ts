import { toProtoJson } from "@sluice/xds";
import { NodeSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { type AdminReply, json, ok, text } from "./admin-reply.ts";
import type { AdminSource } from "./admin-source.ts";
import { showClusters } from "./show-clusters.ts";
import { showConfigDump } from "./show-config-dump.ts";
import { showPrometheus, showStats } from "./show-stats.ts";

export interface AdminPath {
  readonly path: string;
  /** For `/help` and `/`. */
  readonly help: string;
  /** It changes something: POST only. */
  readonly mutates: boolean;
  /** Name and explanation. */
  readonly parameters: readonly (readonly [name: string, help: string])[];
  answer(source: AdminSource, parameters: URLSearchParams): AdminReply;
}

const FILTER: AdminPath["parameters"] = [
  ["usedonly", "only stats that have been written since the start"],
  ["filter", "regular expression (RE2) that names must contain"],
  ["invert_filter", "names that do not match the filter instead"],
];

/** Every path but `/` and `/help`, in alphabetical order. */
export const ADMIN_PATHS: readonly AdminPath[] = [
  show("/certs", "certificates that are loaded", [], () => json({ certificates: [] })),
  show(
    "/clusters",
    "clusters, their limits and hosts",
    [
      ["filter", "regular expression (RE2) that names must contain"],
      ["format", "one of text, json"],
    ],
    showClusters,
  ),
  show(
    "/config_dump",
    "everything that is configured",
    [
      ["resource", "only this list, such as dynamic_listeners"],
      ["name_regex", "only what has a name that matches"],
      ["include_eds", "endpoints of EDS clusters too"],
    ],
    showConfigDump,
  ),
  act(
    "/drain_listeners",
    "drain listeners",
    [
      ["graceful", "let connections end over the drain time first"],
      ["skip_exit", "drain connections, go on listening"],
      ["inboundonly", "only listeners whose traffic_direction is INBOUND"],
    ],
    (source, parameters) =>
      source.drainListeners({
        graceful: parameters.has("graceful"),
        skipExit: parameters.has("skip_exit"),
        inboundOnly: parameters.has("inboundonly"),
      }),
  ),
  act("/healthcheck/fail", "fail health checks and drain", [], (source) => source.failHealthCheck()),
  act("/healthcheck/ok", "pass health checks again", [], (source) => source.passHealthCheck()),
  show("/hot_restart_version", "hot restart compatibility", [], () => text("disabled")),
  show("/listeners", "listeners and where they listen", [["format", "one of text, json"]], showListeners),
  {
    path: "/logging",
    help: "query or change the log level",
    mutates: true,
    parameters: [["level", "one of trace, debug, info, warning, error, critical, off"]],
    answer: setLogging,
  },
  show("/memory", "memory in use, bytes", [], showMemory),
  act("/quitquitquit", "end the process", [], (source) => source.quit()),
  show("/ready", "the state; 200 when LIVE, else 503", [], (source) => {
    const state = source.state();
    return text(`${state}\n`, state === "LIVE" ? 200 : 503);
  }),
  act("/reopen_logs", "reopen log files", [], (source) => source.reopenLogs()),
  act("/reset_counters", "set all counters to zero", [], (source) => source.stats.resetCounters()),
  show("/runtime", "runtime values and the layers that they come from", [], showRuntime),
  {
    path: "/runtime_modify",
    help: "set runtime values: key=value; an empty value takes the key away",
    mutates: true,
    parameters: [],
    answer: modifyRuntime,
  },
  show("/server_info", "version, state, options and node", [], showServerInfo),
  show(
    "/stats",
    "all stats",
    [
      ...FILTER,
      ["format", "one of text, json, prometheus"],
      ["type", "one of All, Counters, Gauges, Histograms, TextReadouts"],
      ["histogram_buckets", "one of cumulative, disjoint, summary"],
    ],
    (source, parameters) => showStats(source.stats, parameters),
  ),
  show("/stats/prometheus", "all stats in Prometheus' text format", FILTER, (source, parameters) =>
    showPrometheus(source.stats, parameters),
  ),
];

function show(
  path: string,
  help: string,
  parameters: AdminPath["parameters"],
  answer: AdminPath["answer"],
): AdminPath {
  return { path, help, mutates: false, parameters, answer };
}

function act(
  path: string,
  help: string,
  parameters: AdminPath["parameters"],
  run: (source: AdminSource, parameters: URLSearchParams) => void,
): AdminPath {
  return {
    path,
    help,
    mutates: true,
    parameters,
    answer(source, given) {
      run(source, given);
      return ok();
    },
  };
}

/** `/help`, also behind `invalid path`. */
export function helpText(): string {
  const lines = ["admin commands are:", "  /: Admin home page"];
  const entries = [
    ...ADMIN_PATHS,
    { path: "/help", help: "print out list of admin commands", mutates: false, parameters: [] },
  ];
  for (const { path, help, mutates, parameters } of entries.sort((a, b) => (a.path < b.path ? -1 : 1))) {
    lines.push(`  ${path}${mutates ? " (POST)" : ""}: ${help}`);
    for (const [name, explanation] of parameters) lines.push(`      ${name}: ${explanation}`);
  }
  return `${lines.join("\n")}\n`;
}

function showListeners(source: AdminSource, parameters: URLSearchParams): AdminReply {
  const active = source.listeners().all.filter(({ state }) => state === "active");
  if (parameters.get("format") !== "json") {
    return text(
      active.flatMap(({ name, addresses }) => addresses.map((address) => `${name}::${address}\n`)).join(""),
    );
  }
  return json({
    listener_statuses: active.map(({ name, addresses }) => {
      const [first, ...others] = addresses.map(addressJson);
      return {
        name,
        local_address: first ?? {},
        ...(others.length === 0 ? {} : { additional_local_addresses: others }),
      };
    }),
  });
}

function addressJson(address: string): unknown {
  const match = /^(?:\[([^\]]+)\]|([^/:]+)):(\d+)$/.exec(address);
  if (match === null) return { pipe: { path: address } };
  return { socket_address: { address: match[1] ?? match[2] ?? "", port_value: Number(match[3]) } };
}

function setLogging(source: AdminSource, parameters: URLSearchParams): AdminReply {
  for (const name of parameters.keys()) {
    if (name !== "level")
      return text(`usage: /logging?level=<level>; ${name} is not implemented: there is one logger\n`, 400);
  }
  const level = parameters.get("level");
  if (level !== null && level !== "" && !source.setLogLevel(level))
    return text("error: invalid logger level\n", 400);
  return text(`active loggers:\n  main: ${source.logLevel()}\n`);
}

function showMemory(): AdminReply {
  const { heapUsed, heapTotal, rss } = process.memoryUsage();
  return json({
    allocated: String(heapUsed),
    heap_size: String(heapTotal),
    pageheap_unmapped: "0",
    pageheap_free: String(heapTotal - heapUsed),
    total_thread_cache: "0",
    total_physical_bytes: String(rss),
  });
}

function showRuntime(source: AdminSource): AdminReply {
  const layers = source.runtimeLayers();
  const keys = [...new Set(layers.flatMap(({ values }) => Object.keys(values)))].sort();
  const shown = (value: unknown): string =>
    value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  return json({
    layers: layers.map(({ name }) => name),
    entries: Object.fromEntries(
      keys.map((key) => {
        const values = layers.map((layer) => shown(layer.values[key]));
        return [key, { layer_values: values, final_value: values.findLast((value) => value !== "") ?? "" }];
      }),
    ),
  });
}

function modifyRuntime(source: AdminSource, parameters: URLSearchParams): AdminReply {
  const values = Object.fromEntries(parameters);
  if (Object.keys(values).length === 0) {
    return text(
      "usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN\nuse an empty value to remove a previously added override\n",
      400,
    );
  }
  return source.modifyRuntime(values) ? ok() : text("No admin layer specified\n", 503);
}

function showServerInfo(source: AdminSource): AdminReply {
  const uptime = `${Math.floor((Date.now() - source.startedAt.getTime()) / 1000)}s`;
  const note = source.configurationNote();
  return json({
    version: source.version,
    state: source.state(),
    uptime_current_epoch: uptime,
    uptime_all_epochs: uptime,
    hot_restart_version: "disabled",
    command_line_options: source.commandLine,
    node: source.bootstrap.node === undefined ? {} : toProtoJson(NodeSchema, source.bootstrap.node),
    ...(note === undefined ? {} : { configuration_note: note }),
  });
}
