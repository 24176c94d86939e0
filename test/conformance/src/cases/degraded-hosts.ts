import { waitFor } from "@sluice/harness";
import { httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";

/** Health flags of the endpoints of cluster `watched`. */
async function flagsOf({ proxy }: Target): Promise<string> {
  const lines = (await proxy.admin("/clusters")).split("\n");
  return lines
    .filter((line) => line.startsWith("watched::") && line.includes("::health_flags::"))
    .map((line) => line.replace(/^.*::/, ""))
    .join(" ");
}

const healthy = async (target: Target): Promise<boolean> => (await flagsOf(target)) === "healthy";

export const DEGRADED_HOST_CASES: readonly ConformanceCase[] = [
  {
    title: "a host that calls itself degraded in a response is degraded for a while, and no longer",
    yaml: httpBootstrap({
      clusters: staticCluster(
        "watched",
        ["{{upstream}}"],
        "outlier_detection: { detect_degraded_hosts: true, interval: 0.2s, base_ejection_time: 3s }",
      ),
      routes: '- { match: { prefix: "/" }, route: { cluster: watched } }',
      bootstrap: 'cluster_manager: { outlier_detection: { event_log_path: "{{dir}}/events.log" } }',
    }),
    reply: ({ target }) => (target === "/good" ? {} : { headers: [["x-envoy-degraded", "no matter what"]] }),
    ignoreUpstream: true,
    observe: async (target) => {
      await target.send({ path: "/good" });
      const before = await flagsOf(target);
      const { status } = await target.send({ path: "/bad" });
      await waitFor("the flag", async () => !(await healthy(target)));
      const flags = await flagsOf(target);
      await waitFor("its end", () => healthy(target));
      return { before, status, flags };
    },
    accessLog: { file: "events.log", lines: 2 },
    stats: [
      "cluster.watched.outlier_detection.ejections_detected_degradation",
      "cluster.watched.outlier_detection.ejections_enforced_total",
      "cluster.watched.membership_degraded",
      "cluster.watched.membership_healthy",
    ],
  },
];
