import { Agent, request } from "node:http";
import { freePort } from "@sluice/harness";
import { draftRoute, openApi, publishAndWait } from "../../../e2e/api.ts";
import { startAppliance } from "../../../e2e/start-appliance.ts";
import { percentiles } from "../percentiles.ts";
import type { Scenario } from "../scenario.ts";

const BURSTS = 40;
const BURST_REQUESTS = 20;
/** What live figures may lag behind the traffic. */
const LAG_MS_WANTED = 1_000;
const DEADLINE_MS = 10_000;

/**
 * From the first request of a burst until the live stream of the overview, which browsers draw, shows a rate above 0; each burst
 * falls on another moment of the nodes' reports.
 */
export const lag: Scenario = {
  name: "lag",
  title: `live figures behind the traffic, ${BURSTS} bursts, through node, control plane, Postgres and WebSocket`,
  columns: [
    ["p50Ms", "p50 ms", 0],
    ["p95Ms", "p95 ms", 0],
    ["maxMs", "max ms", 0],
  ],
  async run(options) {
    const port = await freePort();
    const appliance = await startAppliance();
    const api = await openApi(appliance);
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    let rate = 0;
    let changed: () => void = () => {};
    const live = api.client.telemetry.overview.subscribe(
      {},
      {
        onData: ({ data }) => {
          rate = data.now.requestsPerSecond;
          changed();
        },
        onError: (error) => options.log(String(error)),
      },
    );
    const until = (holds: () => boolean): Promise<void> =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`no such figure within ${DEADLINE_MS} ms`)),
          DEADLINE_MS,
        );
        changed = () => {
          if (!holds()) return;
          clearTimeout(timer);
          changed = () => {};
          resolve();
        };
        changed();
      });
    try {
      await draftRoute(api, { port });
      await publishAndWait(api, "first");
      const lags: number[] = [];
      for (let burst = 1; burst <= BURSTS; burst++) {
        // The overview looks back 5 s.
        await until(() => rate === 0);
        await new Promise((resolve) => setTimeout(resolve, (burst * 137) % 1_000));
        const startedAt = performance.now();
        const shown = until(() => rate > 0).then(() => lags.push(performance.now() - startedAt));
        for (let n = 0; n < BURST_REQUESTS; n++) await get(agent, port);
        await shown;
        if (burst % 10 === 0) options.log(`${burst} of ${BURSTS} bursts`);
      }
      const median = percentiles(lags);
      return {
        rows: [{ name: "overview", version: "", median, rounds: [] }],
        gates: [
          {
            text: `figures lag by less than ${LAG_MS_WANTED} ms (${(median.maxMs ?? Number.NaN).toFixed(0)} at most)`,
            passed: (median.maxMs ?? Number.NaN) < LAG_MS_WANTED,
          },
        ],
      };
    } finally {
      live.unsubscribe();
      agent.destroy();
      await api.close();
      await appliance.stop();
    }
  },
};

function get(agent: Agent, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, agent, timeout: DEADLINE_MS }, (response) => {
      response.resume();
      response.on("end", resolve);
    });
    outgoing.on("error", reject);
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer")));
    outgoing.end();
  });
}
