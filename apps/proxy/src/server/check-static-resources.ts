import { type Problem, problemsBelow } from "@sluice/extension-api";
import type { Bootstrap } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import type { Cluster } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { Secret } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { logPathProblem } from "../config-message/check-log-path.ts";

/** Who judges what, by paths below the resource. */
interface Judges {
  readonly secrets: { addStatic(secret: Secret): readonly Problem[] };
  readonly clusters: { check(cluster: Cluster): readonly Problem[] };
  readonly listeners: { check(listener: Listener): readonly Problem[] };
  /** The clusters that listeners may name. */
  declare(names: ReadonlySet<string>): void;
}

/** Every error of `static_resources`, in an order in which each may name what stands before it. */
export function checkStaticResources(bootstrap: Bootstrap, judges: Judges): readonly Problem[] {
  const resources = bootstrap.staticResources;
  const errors: Problem[] = [];
  const add = (problems: readonly Problem[], at: string): void => {
    errors.push(...problemsBelow(at, problems).filter(({ severity }) => severity === "error"));
  };
  const local = bootstrap.clusterManager?.localClusterName ?? "";
  if (local !== "" && !resources?.clusters.some(({ name }) => name === local)) {
    const message = `local cluster '${local}' must be defined among the static clusters`;
    add([{ path: "local_cluster_name", message, severity: "error" }], "cluster_manager");
  }
  const outlierLog = bootstrap.clusterManager?.outlierDetection?.eventLogPath ?? "";
  const message = logPathProblem(outlierLog);
  if (message !== undefined) {
    const path = "outlier_detection.event_log_path";
    add([{ path, message, severity: "error" }], "cluster_manager");
  }
  for (const [index, secret] of (resources?.secrets ?? []).entries()) {
    add(judges.secrets.addStatic(secret), `static_resources.secrets[${index}]`);
  }
  const names = new Set<string>();
  for (const [index, cluster] of (resources?.clusters ?? []).entries()) {
    const at = `static_resources.clusters[${index}]`;
    add(judges.clusters.check(cluster), at);
    if (names.has(cluster.name)) {
      add([{ path: "name", message: `duplicate cluster '${cluster.name}'`, severity: "error" }], at);
    }
    names.add(cluster.name);
  }
  judges.declare(names);
  for (const [index, listener] of (resources?.listeners ?? []).entries()) {
    add(judges.listeners.check(listener), `static_resources.listeners[${index}]`);
  }
  return errors;
}
