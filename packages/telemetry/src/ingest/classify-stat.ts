import type { Scope } from "../contract.ts";
import type { Counter, Gauge } from "../measures/measures.ts";
import type { Naming } from "./naming.ts";

/** Where one stat's value goes. */
export interface StatTarget {
  readonly scope: Scope;
  readonly measure: Counter | Gauge | "latency";
}

type Suffixes = Readonly<Record<string, Counter | Gauge | "latency">>;

const UPSTREAM: Suffixes = {
  upstream_rq_completed: "requests",
  upstream_rq_2xx: "responses2xx",
  upstream_rq_3xx: "responses3xx",
  upstream_rq_4xx: "responses4xx",
  upstream_rq_5xx: "responses5xx",
  upstream_rq_retry: "retries",
  upstream_rq_timeout: "failures",
  upstream_rq_per_try_timeout: "failures",
  upstream_rq_time: "latency",
};

const CLUSTER: Suffixes = {
  ...UPSTREAM,
  upstream_rq_rx_reset: "failures",
  upstream_rq_pending_failure_eject: "failures",
  upstream_rq_pending_overflow: "failures",
  upstream_cx_none_healthy: "failures",
  upstream_cx_total: "connectionsOpened",
  upstream_cx_active: "connectionsActive",
  upstream_rq_active: "requestsActive",
  upstream_cx_rx_bytes_total: "bytesReceived",
  upstream_cx_tx_bytes_total: "bytesSent",
  membership_healthy: "membersHealthy",
  membership_total: "membersTotal",
};

const ENDPOINT: Suffixes = {
  rq_total: "requests",
  rq_success: "responses2xx",
  rq_error: "responses5xx",
  rq_timeout: "failures",
  cx_connect_fail: "failures",
  cx_total: "connectionsOpened",
  cx_active: "connectionsActive",
  rq_active: "requestsActive",
  rq_time: "latency",
};

const DOWNSTREAM_CONNECTIONS: Suffixes = {
  downstream_cx_total: "connectionsOpened",
  downstream_cx_active: "connectionsActive",
};

const DOWNSTREAM_REQUESTS: Suffixes = {
  downstream_rq_completed: "requests",
  downstream_rq_2xx: "responses2xx",
  downstream_rq_3xx: "responses3xx",
  downstream_rq_4xx: "responses4xx",
  downstream_rq_5xx: "responses5xx",
};

const MANAGER: Suffixes = {
  downstream_rq_time: "latency",
  downstream_rq_active: "requestsActive",
  downstream_cx_rx_bytes_total: "bytesReceived",
  downstream_cx_tx_bytes_total: "bytesSent",
};

/** The bootstrap's own cluster: the way to the control plane is not the user's traffic. */
const CONTROL_CLUSTER = "sluice_control";
/** Parts of a cluster's stats that count again what the cluster counts. */
const CLUSTER_SUBTREES = /\.(?:external|internal|canary|retry)$|\.zone\.|\.endpoint\./;
const NONE: readonly StatTarget[] = [];

/** What a stat of Envoy counts for: nothing, one scope, or several (a connection manager's bytes: its listener and the node). */
export function classifyStat(stat: string, node: string, naming: Naming | undefined): readonly StatTarget[] {
  const dot = stat.lastIndexOf(".");
  if (dot === -1) return NONE;
  const suffix = stat.slice(dot + 1);
  if (stat.startsWith("cluster.")) return classifyCluster(stat.slice(8, dot), suffix, naming);
  if (stat.startsWith("vhost.")) return classifyRoute(stat.slice(6, dot), suffix, naming);
  if (stat.startsWith("listener.")) return classifyListener(stat.slice(9, dot), suffix, node, naming);
  if (stat.startsWith("http.")) return classifyManager(stat.slice(5, dot), suffix, node, naming);
  return NONE;
}

function classifyCluster(path: string, suffix: string, naming: Naming | undefined): readonly StatTarget[] {
  const known = naming?.cluster(path);
  if (known === undefined && CLUSTER_SUBTREES.test(path)) return classifyEndpoint(path, suffix, naming);
  const measure = CLUSTER[suffix];
  const name = known ?? path;
  if (measure === undefined || path === CONTROL_CLUSTER) return NONE;
  return [{ scope: { kind: "cluster", name }, measure }];
}

function classifyEndpoint(path: string, suffix: string, naming: Naming | undefined): readonly StatTarget[] {
  const [cluster, address] = splitOnce(path, ".endpoint.");
  if (cluster === undefined || address === undefined || cluster === CONTROL_CLUSTER) return NONE;
  const scope: Scope = {
    kind: "endpoint",
    name: `${naming?.cluster(cluster) ?? cluster}/${endpointAddress(address)}`,
  };
  // A host is always one member of itself: `healthy` tells whether it counts.
  if (suffix === "membership_healthy" || suffix === "healthy") return [{ scope, measure: "membersHealthy" }];
  const measure = ENDPOINT[suffix];
  return measure === undefined ? NONE : [{ scope, measure }];
}

/** `10.0.0.1_80` → `10.0.0.1:80`, `[__1]_80` → `[::1]:80`. */
function endpointAddress(stat: string): string {
  if (stat.startsWith("[")) return stat.replaceAll("_", ":");
  return stat.replace(/_(\d+)$/, ":$1");
}

function classifyRoute(path: string, suffix: string, naming: Naming | undefined): readonly StatTarget[] {
  const [statHost, route] = splitOnce(path, ".route.");
  const measure = UPSTREAM[suffix];
  if (statHost === undefined || route === undefined || measure === undefined) return NONE;
  const host = naming?.virtualHost(statHost) ?? statHost;
  return [
    { scope: { kind: "route", name: `${host}/${route}` }, measure },
    { scope: { kind: "host", name: host }, measure },
  ];
}

function classifyListener(
  path: string,
  suffix: string,
  node: string,
  naming: Naming | undefined,
): readonly StatTarget[] {
  if (path === "admin" || path.startsWith("admin.")) return NONE;
  const http = path.indexOf(".http.");
  if (http === -1 && /\.(?:worker_\d+|main_thread)$/.test(path)) return NONE;
  const statName = http === -1 ? path : path.slice(0, http);
  const measure = (http === -1 ? DOWNSTREAM_CONNECTIONS : DOWNSTREAM_REQUESTS)[suffix];
  if (measure === undefined) return NONE;
  return [
    { scope: { kind: "listener", name: naming?.listener(statName) ?? statName }, measure },
    { scope: { kind: "node", name: node }, measure },
  ];
}

function classifyManager(
  prefix: string,
  suffix: string,
  node: string,
  naming: Naming | undefined,
): readonly StatTarget[] {
  const measure = MANAGER[suffix];
  if (measure === undefined || prefix === "admin" || prefix === "async-client") return NONE;
  const listeners = naming?.listenersOfPrefix(prefix) ?? [];
  const targets: StatTarget[] = [{ scope: { kind: "node", name: node }, measure }];
  // Two listeners with one prefix: Envoy counts them together, and halving would be a guess.
  if (listeners.length === 1 && listeners[0] !== undefined) {
    targets.push({ scope: { kind: "listener", name: listeners[0] }, measure });
  }
  return targets;
}

function splitOnce(text: string, at: string): [string, string] | [undefined, undefined] {
  const index = text.indexOf(at);
  return index === -1 ? [undefined, undefined] : [text.slice(0, index), text.slice(index + at.length)];
}
