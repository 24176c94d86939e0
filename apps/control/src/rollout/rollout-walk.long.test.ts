import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  abortRollout,
  ConfigError,
  type Context,
  listNodes,
  listRollouts,
  listVersions,
  pauseRollout,
  promoteRollout,
  publish,
  type ResourceKind,
  resumeRollout,
  rollback,
  type StrategyInput,
} from "@sluice/config";
import {
  installedEnvoy,
  type RecordingUpstream,
  type RunningProxy,
  requestOnce,
  startRecordingUpstream,
  waitFor,
} from "@sluice/harness";
import fc from "fast-check";
import { EXAMPLE_ROUTES, exampleCluster, putExample } from "../testing/example-configuration.ts";
import { putByName } from "../testing/put-by-name.ts";
import { type ControlDatabase, startControlDatabase } from "../testing/start-control-database.ts";
import { type ControlProcess, startControlProcess } from "../testing/start-control-process.ts";
import { startNode } from "../testing/start-node.ts";

// The property walk of packages/config, with real control planes, real proxies, and traffic through them all the while.
const STEPS = 40;
/** apps/control over one Postgres; a step of the walk kills one, and its nodes stay with it when it is back. */
const REPLICAS = 3;
const DEADLINE = { deadlineMs: 120_000 };
const STRATEGIES: readonly StrategyInput[] = [
  {},
  { onFailure: "revert", effectiveWithinMs: 60_000 },
  { steps: [{ selector: "zone=a" }], stepWaitMs: 1_000, effectiveWithinMs: 60_000 },
  { steps: [{ percent: 50 }], stepWaitMs: 0, effectiveWithinMs: 60_000 },
  { steps: [{ selector: "zone=a" }], promote: "manual", effectiveWithinMs: 60_000 },
];
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("publish" as const), how: fc.nat(), to: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("poison" as const), how: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("rollback" as const), how: fc.nat(), version: fc.nat() }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom("promote", "pause", "resume", "abort", "abort") }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("kill" as const), replica: fc.nat(REPLICAS - 1) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(3_000) }) },
);
type WalkStep = typeof step extends fc.Arbitrary<infer Step> ? Step : never;

let database: ControlDatabase;
let context: Context;
const upstreams: RecordingUpstream[] = [];
const controls: ControlProcess[] = [];
const nodes = new Map<string, RunningProxy>();
/** Hashes of versions, by number, as they were published. */
const published = new Map<number, string>();
let edits = 0;

before(async () => {
  database = await startControlDatabase();
  ({ context } = database);
  for (const body of ["one", "two"]) {
    const upstream = await startRecordingUpstream();
    upstream.reply({ body });
    upstreams.push(upstream);
  }
  for (let made = 0; made < REPLICAS; made++) controls.push(await startControlProcess(database.url));
  const products = installedEnvoy() === undefined ? ["sluice", "sluice"] : ["sluice", "sluice", "envoy"];
  for (const [index, product] of products.entries()) {
    const id = `${product}-${index}`;
    nodes.set(
      id,
      await startNode({
        id,
        product: product === "envoy" ? "envoy" : "sluice",
        controlPort: controls[index % REPLICAS]?.xdsPort ?? 0,
        labels: { zone: index === 0 ? "a" : "b" },
      }),
    );
  }
  await putExample(context, upstreams[0]?.port ?? 0);
  await put("clusters", "odd", exampleCluster("odd", 1));
  await publishDraft({});
  await untilAllRunTheNewest();
});

after(async () => {
  for (const node of nodes.values()) await node.close();
  for (const { process: running } of controls) await running.stop();
  for (const upstream of upstreams) await upstream.close();
  await database?.close();
});

function put(kind: ResourceKind, name: string, yaml: string): Promise<void> {
  return putByName(context, kind, name, yaml);
}

async function publishDraft(strategy: StrategyInput): Promise<void> {
  const { version } = await publish(context, { message: "a step", strategy });
  published.set(version.number, version.hash);
}

async function untilAllRunTheNewest(): Promise<void> {
  const version = Math.max(...published.keys());
  await waitFor(
    `version ${version} everywhere`,
    async () => {
      const states = await listNodes(context);
      const well = states.filter(
        ({ sync, targetVersion }) => sync === "effective" && targetVersion === version,
      );
      if (well.length < nodes.size)
        throw new Error(
          JSON.stringify(states.map(({ id, sync, targetVersion }) => [id, sync, targetVersion])),
        );
      return true;
    },
    DEADLINE,
  );
}

async function take(one: WalkStep): Promise<void> {
  switch (one.do) {
    case "publish": {
      // Both upstreams are well: whichever a node has, its requests succeed.
      const { port = 0 } = upstreams[one.to] ?? {};
      await put("clusters", "web.default:80", exampleCluster("web.default:80", port));
      await put("routes", "main", EXAMPLE_ROUTES.replace("status: 404", `status: ${400 + (++edits % 50)}`));
      return await publishDraft(STRATEGIES[one.how % STRATEGIES.length] ?? {});
    }
    case "poison":
      // Valid by the API's rules; every node refuses it.
      await put(
        "clusters",
        "odd",
        `${exampleCluster("odd", 1)}transport_socket:
  name: envoy.transport_sockets.tls
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
    common_tls_context: { tls_params: { cipher_suites: [NO-SUCH-CIPHER-${++edits}] } }
`,
      );
      try {
        return await publishDraft(STRATEGIES[1 + (one.how % 3)] ?? {});
      } finally {
        await put("clusters", "odd", exampleCluster("odd", 1));
      }
    case "rollback":
      await rollback(context, {
        version: 1 + (one.version % published.size),
        strategy: STRATEGIES[one.how % STRATEGIES.length] ?? {},
      });
      return;
    case "kill": {
      const victim = controls[one.replica];
      await victim?.process.stop("SIGKILL");
      controls[one.replica] = await startControlProcess(database.url, victim?.xdsPort);
      return;
    }
    case "wait":
      return await new Promise((resolve) => setTimeout(resolve, one.ms));
    default: {
      const [latest] = await listRollouts(context, { limit: 1 });
      const verbs = {
        promote: promoteRollout,
        pause: pauseRollout,
        resume: resumeRollout,
        abort: abortRollout,
      };
      await verbs[one.do](context, { rollout: latest?.id ?? 0 });
    }
  }
}

/** Nothing new to publish, a rollout that is over or under way: a refusal is an answer too. */
async function outcomeOf(one: WalkStep): Promise<string> {
  try {
    await take(one);
    return "done";
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.code;
  }
}

/** Requests to every node without a pause until stopped. */
async function load() {
  let going = true;
  let requests = 0;
  const failures: string[] = [];
  const loops = [...nodes].map(async ([id, node]) => {
    const port = await node.listenerPort("main:http");
    while (going) {
      requests++;
      const answer = await requestOnce(port, { headers: [["host", "shop.example"]] }).then(
        ({ status }) => String(status),
        (error: unknown) => String(error),
      );
      if (answer !== "200") failures.push(`${new Date().toISOString()} ${id}: ${answer}`);
    }
  });
  return {
    async stop() {
      going = false;
      await Promise.all(loops);
      return { requests, failures };
    },
  };
}

test("whatever is published, refused, steered, rolled back and killed: no request fails, and at rest all run the newest", async (t) => {
  const seed = Date.now() % 1_000_000;
  const traffic = await load();
  const taken: string[] = [];
  try {
    for (const one of fc.sample(step, { seed, numRuns: STEPS })) {
      taken.push(`${one.do} ${await outcomeOf(one)}`);
    }
    await waitFor(
      "the last publish",
      async () => {
        await outcomeOf({ do: "abort" });
        const outcome = await outcomeOf({ do: "publish", how: 0, to: 1 });
        if (outcome !== "done") throw new Error(outcome);
        return true;
      },
      DEADLINE,
    );
    await untilAllRunTheNewest();
  } catch (error) {
    throw new Error(`seed ${seed}: ${taken.join("; ")}`, { cause: error });
  } finally {
    await traffic.stop();
  }
  const { requests, failures } = await traffic.stop();
  t.diagnostic(`seed ${seed}: ${taken.join("; ")}; ${requests} requests`);
  assert.deepEqual(failures, [], `seed ${seed}: ${taken.join("; ")}`);
  assert.ok(requests > 1_000);
  const { versions } = await listVersions(context, { limit: 500 });
  assert.deepEqual(versions.map(({ number, hash }) => [number, hash]).toReversed(), [...published]);
  const [audit] = await context.sql`
    select count(*)::int as count from config.audit_event where action = 'version.publish'`;
  assert.equal(audit?.count, published.size);
});
