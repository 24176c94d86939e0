import type { Log, StatsScope } from "@sluice/extension-api";
import { isFile, isStreamed } from "../xds/config-source.ts";
import { recordUpdate, UPDATE_DURATION } from "../xds/update-duration.ts";
import { hashVersion } from "../xds/version-hash.ts";
import type { Discovery } from "./cluster-config.ts";
import type { LoadAssignment } from "./compile-endpoints.ts";
import type { EndpointDiscovery } from "./endpoint-discovery.ts";
import type { EndpointTaker } from "./endpoint-taker.ts";

export interface AssignmentSurroundings {
  readonly clusterName: string;
  /** `cluster.<name>.` */
  readonly stats: StatsScope;
  readonly endpoints: EndpointDiscovery;
  defineText(name: string): void;
  setText(name: string, text: string): void;
  readonly log: Log;
}

/** EDS: a cluster's endpoints are those of its assignment, as long as they are not stale. Answers how to end it. */
export function followAssignment(
  { serviceName, initialFetchTimeoutMs, source }: Extract<Discovery, { readonly kind: "eds" }>,
  { clusterName, stats, endpoints, defineText, setText, log }: AssignmentSurroundings,
  taker: EndpointTaker,
): () => void {
  let firstTimer: NodeJS.Timeout | undefined;
  /** The endpoints are forgotten when it ends (`endpoint_stale_after`). */
  let staleTimer: NodeJS.Timeout | undefined;
  for (const name of ["update_rejected", "init_fetch_timeout"]) stats.counter(name);
  stats.histogram(UPDATE_DURATION);
  defineText(`${stats.prefix}version_text`);
  if (initialFetchTimeoutMs > 0) {
    firstTimer = setTimeout(() => {
      stats.counter("init_fetch_timeout").inc();
      taker.settle();
    }, initialFetchTimeoutMs);
  }
  const fromFile = isFile(source);
  const settle = (): void => {
    clearTimeout(firstTimer);
    taker.settle();
  };
  const take = (assignment: LoadAssignment): void => {
    clearTimeout(staleTimer);
    if (assignment.staleAfterMs > 0) {
      stats.counter("assignment_timeout_received").inc();
      staleTimer = setTimeout(() => {
        stats.counter("assignment_stale").inc();
        taker.take([]);
      }, assignment.staleAfterMs);
    }
    taker.take(assignment.endpoints, assignment.policy);
  };
  const stop = endpoints.watch(source, serviceName, {
    stats,
    onAttempt: () => stats.counter("update_attempt").inc(),
    onUpdate: (assignment, version) => {
      clearTimeout(firstTimer);
      const sinceMs = performance.now();
      stats.counter("update_success").inc();
      if (assignment !== undefined) {
        stats.gauge("version").set(hashVersion(version));
        stats.gauge("update_time").set(Date.now());
        setText(`${stats.prefix}version_text`, version);
        take(assignment);
        if (isStreamed(source)) recordUpdate(stats, sinceMs);
        return;
      }
      if (fromFile) stats.counter("update_empty").inc();
      taker.settle();
    },
    onRejected: (message) => {
      stats.counter("update_rejected").inc();
      log.warn(`endpoints of '${clusterName}': ${message}`);
      settle();
    },
    onFailure: (message) => {
      stats.counter("update_failure").inc();
      if (!fromFile) return;
      log.warn(`endpoints of '${clusterName}': ${message}`);
      settle();
    },
  });
  return () => {
    clearTimeout(firstTimer);
    clearTimeout(staleTimer);
    stop();
  };
}
