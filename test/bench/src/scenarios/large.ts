import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import type { Scenario } from "../scenario.ts";
import { measureXds } from "../xds-scale.ts";

const NODES = 10;
const RESOURCES = 10_000;
const PUBLISHES = 5;
const IMPORT_MS_WANTED = 20_000;
const PUBLISH_MS_WANTED = 3_000;

/** The control plane with a large configuration: importing and publishing all of it, and then one changed route. */
export const large: Scenario = {
  name: "large",
  title: `${RESOURCES} clusters and ${RESOURCES} route configurations on ${NODES} nodes: the import, the first publish, and ${PUBLISHES} of one changed route`,
  columns: [
    ["importMs", "import all ms", 0],
    ["firstPublishMs", "publish all ms", 0],
    ["ackP50Ms", "one changed: ACK p50 ms", 0],
    ["ackMaxMs", "max ms", 0],
    ["publishCpuS", "CPU s/publish", 2],
    ["peakMib", "peak MiB", 0],
  ],
  async run({ log }) {
    const directory = mkdtempSync(join(tmpdir(), "sluice-large-"));
    try {
      log(`load average ${loadavg()[0]?.toFixed(1)}`);
      const figures = await measureXds({
        nodes: NODES,
        resources: RESOURCES,
        publishes: PUBLISHES,
        directory,
        log,
      });
      const below = (what: string, ms: number, wantedMs = PUBLISH_MS_WANTED) => ({
        text: `${what} below ${wantedMs} ms (${ms.toFixed(0)})`,
        passed: ms < wantedMs,
      });
      return {
        rows: [{ name: "apps/control", version: "", median: { ...figures }, rounds: [] }],
        gates: [
          below(`import of ${2 * RESOURCES} resources`, figures.importMs, IMPORT_MS_WANTED),
          below(`publish of ${2 * RESOURCES} new resources`, figures.firstPublishMs),
          below("one change on all nodes", figures.ackMaxMs),
        ],
      };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
