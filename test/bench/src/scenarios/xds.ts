import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { hasGo, startGoControlPlane } from "../management-server.ts";
import type { Scenario } from "../scenario.ts";
import { measureXds, type XdsFigures } from "../xds-scale.ts";

const NODES = 1_000;
const RESOURCES = 1_000;
const PUBLISHES = 10;
const ACK_MS_WANTED = 1_000;
const STORM_MS_WANTED = 10_000;
const MEMORY_MIB_WANTED = 1_024;

/** The control plane with many nodes: one changed route on all of them, and all of them coming at once. */
export const xds: Scenario = {
  name: "xds",
  title: `${NODES} nodes by delta ADS, ${RESOURCES} clusters and ${RESOURCES} route configurations, ${PUBLISHES} publishes of one changed route`,
  columns: [
    ["ackP50Ms", "ACK p50 ms", 0],
    ["ackP99Ms", "ACK p99 ms", 0],
    ["ackMaxMs", "ACK max ms", 0],
    ["publishCpuS", "CPU s/publish", 2],
    ["connectMs", "all connect ms", 0],
    ["connectCpuS", "CPU s", 1],
    ["reconnectMs", "all reconnect ms", 0],
    ["reconnectCpuS", "CPU s", 1],
    ["peakMib", "peak MiB", 0],
    ["restMib", "MiB", 0],
  ],
  async run(options) {
    const directory = mkdtempSync(join(tmpdir(), "sluice-xds-"));
    try {
      const { log } = options;
      const scale = { nodes: NODES, resources: RESOURCES, publishes: PUBLISHES, directory, log };
      log(`load average ${loadavg()[0]?.toFixed(1)}`);
      const figures = await measureXds(scale);
      const rows = [{ name: "apps/control", version: "", median: { ...figures }, rounds: [] }];
      if (!hasGo()) return { rows, gates: gates(figures) };
      log("go-control-plane's snapshot cache");
      const others = await measureXds(scale, (routes) => startGoControlPlane(routes, directory));
      rows.push({ name: "go-control-plane", version: "0.14.0", median: { ...others }, rounds: [] });
      log(
        `load average ${loadavg()[0]?.toFixed(1)}; go-control-plane / apps/control: ${ratios(figures, others)}`,
      );
      return { rows, gates: gates(figures) };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

/** Above 1: apps/control needs less. */
function ratios(ours: XdsFigures, theirs: XdsFigures): string {
  const names = ["ackP50Ms", "ackP99Ms", "publishCpuS", "connectMs", "reconnectMs", "peakMib"] as const;
  return names.map((name) => `${name} ${(theirs[name] / ours[name]).toFixed(2)}`).join(", ");
}

function gates(figures: XdsFigures) {
  const below = (what: string, value: number, limit: number, unit: string) => ({
    text: `${what} below ${limit} ${unit} (${value.toFixed(0)})`,
    passed: value < limit,
  });
  return [
    below("p99 of a publish's ACKs", figures.ackP99Ms, ACK_MS_WANTED, "ms"),
    below(`all ${NODES} nodes at once, with everything to be sent`, figures.connectMs, STORM_MS_WANTED, "ms"),
    below(`all ${NODES} nodes back at once`, figures.reconnectMs, STORM_MS_WANTED, "ms"),
    below("memory at its peak", figures.peakMib, MEMORY_MIB_WANTED, "MiB"),
  ];
}
