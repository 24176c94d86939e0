import { Agent, request } from "node:http";
import { freePort } from "@sluice/harness";
import { type Api, draftRoute, openApi, publishAndWait } from "../../../e2e/api.ts";
import { startAppliance } from "../../../e2e/start-appliance.ts";
import { percentiles } from "../percentiles.ts";
import type { Scenario } from "../scenario.ts";

const PUBLISHES = 100;
/** What the 99th percentile must stay below. */
const EFFECTIVE_MS_WANTED = 300;
const STEP_DEADLINE_MS = 10_000;

/**
 * From the click on "publish" until the change is in force on the local node: seen from outside, as an answer through the
 * proxy, and told by the appliance, as the state that the dashboard shows.
 */
export const publish: Scenario = {
  name: "publish",
  title: `${PUBLISHES} publishes of one changed route, each until it is in force on the local node (two workers)`,
  columns: [
    ["p50Ms", "p50 ms", 0],
    ["p95Ms", "p95 ms", 0],
    ["p99Ms", "p99 ms", 0],
    ["maxMs", "max ms", 0],
  ],
  async run(options) {
    const port = await freePort();
    const appliance = await startAppliance();
    const api = await openApi(appliance);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      await draftRoute(api, { port });
      await publishAndWait(api, "first");
      const seen: number[] = [];
      const told: number[] = [];
      for (let round = 1; round <= PUBLISHES; round++) {
        const [outside, state] = await publishOne(api, agent, port, `version ${round}`);
        seen.push(outside);
        told.push(state);
        if (round % 25 === 0) options.log(`${round} of ${PUBLISHES} publishes`);
      }
      const rows = [
        { name: "seen from outside", version: "", median: percentiles(seen), rounds: [] },
        { name: "told as effective", version: "", median: percentiles(told), rounds: [] },
      ];
      const gates = rows.map(({ name, median }) => ({
        text: `${name}: p99 below ${EFFECTIVE_MS_WANTED} ms (${(median.p99Ms ?? Number.NaN).toFixed(0)})`,
        passed: (median.p99Ms ?? Number.NaN) < EFFECTIVE_MS_WANTED,
      }));
      return { rows, gates };
    } finally {
      agent.destroy();
      await api.close();
      await appliance.stop();
    }
  },
};

/** Milliseconds from the call to the new answer, and to the told state. */
async function publishOne(api: Api, agent: Agent, port: number, text: string): Promise<[number, number]> {
  const { resources } = await api.client.draft.list.query({ kind: "routes" });
  const [routes] = resources;
  if (routes === undefined) throw new Error("there is no route configuration");
  await api.client.draft.put.mutate({
    kind: "routes",
    name: routes.name,
    yaml: `name: ${routes.name}
virtual_hosts:
- name: all
  domains: ["*"]
  routes:
  - match: { prefix: / }
    direct_response: { status: 200, body: { inline_string: ${JSON.stringify(text)} } }
`,
    expectedRevision: routes.revision,
  });
  const startedAt = performance.now();
  const deadline = startedAt + STEP_DEADLINE_MS;
  const { rollout } = await api.client.version.publish.mutate({ message: text });
  if (rollout === undefined) throw new Error("the publish waits for approval");
  const outside = (async () => {
    while ((await get(agent, port)) !== text) {
      if (performance.now() > deadline)
        throw new Error(`${text} is not answered within ${STEP_DEADLINE_MS} ms`);
    }
    return performance.now() - startedAt;
  })();
  const state = (async () => {
    while ((await api.client.version.rolloutStatus.query({ rollout: rollout.id })).state !== "effective") {
      if (performance.now() > deadline)
        throw new Error(`${text} is not effective within ${STEP_DEADLINE_MS} ms`);
    }
    return performance.now() - startedAt;
  })();
  return Promise.all([outside, state]);
}

function get(agent: Agent, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, agent, timeout: STEP_DEADLINE_MS }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on("end", () => resolve(body));
    });
    outgoing.on("error", reject);
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer")));
    outgoing.end();
  });
}
