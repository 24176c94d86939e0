import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { analyzeText } from "../analysis/analyze-text.ts";
import { blobHash } from "../analysis/content-hash.ts";
import { blob, bucket, rollout, tree, version } from "../schema/index.ts";
import { clusterYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { buildTree, EMPTY_TREE } from "../version/build-tree.ts";
import { listVersions } from "../version/list-versions.ts";
import { NO_KINDS } from "../version/read-live.ts";
import { blameResource } from "./blame-resource.ts";
import { searchHistory } from "./search-history.ts";

const VERSIONS = 10_000;
const ROUTES = 50;
/** Under 1 s each is the aim; twenty times as busy a machine must not make a failure of it. What it takes is printed. */
const READ_WITHIN_MS = 20_000;

let config: TestConfig;
before(async () => {
  config = await startConfig();
  await writeVersions();
});
after(() => config.close());

/** Each version changes the timeout of one of the routes. Written as publishing would, without its checks. */
async function writeVersions(): Promise<void> {
  const { db } = config.database;
  const timeouts = Array.from({ length: ROUTES }, () => 1);
  const clusters = Array.from({ length: 200 }, (_, index) =>
    analyzeText("clusters", clusterYaml(`c${index}`)),
  );
  const shared = buildTree(
    clusters.map((each) => [each.name ?? "", each.hash, each.messageHash ?? ""] as const),
  );
  const rowOf = (each: ReturnType<typeof analyzeText>) => ({
    hash: each.hash,
    kind: each.kind,
    name: each.name ?? "",
    yaml: each.yaml,
    json: each.json,
    message: each.message ?? new Uint8Array(),
    messageHash: each.messageHash ?? "",
  });
  await db.insert(blob).values(clusters.map(rowOf));
  await db.insert(bucket).values([...shared.contents].map(([hash, entries]) => ({ hash, entries })));
  await db.insert(tree).values([shared, EMPTY_TREE].map(({ hash, buckets }) => ({ hash, buckets })));
  for (let from = 1; from <= VERSIONS; from += 500) {
    const batch = Array.from({ length: 500 }, (_, index) => {
      const number = from + index;
      timeouts[number % ROUTES] = number;
      const content = routesContent(timeouts);
      return { number, content, built: buildTree([["main", content.hash, content.messageHash]]) };
    });
    await db.insert(blob).values(batch.map(({ content }) => content));
    await db
      .insert(bucket)
      .values(
        batch.flatMap(({ built }) => [...built.contents].map(([hash, entries]) => ({ hash, entries }))),
      );
    await db.insert(tree).values(batch.map(({ built: { hash, buckets } }) => ({ hash, buckets })));
    await db.insert(version).values(
      batch.map(({ number, built }) => ({
        number,
        hash: String(number),
        parent: number - 1,
        message: `Change ${number}`,
        author: number % 7 === 0 ? "bob" : "ann",
        authorId: "a",
        createdAt: new Date(number * 1_000),
        resourceCount: 201,
        kinds: {
          ...NO_KINDS,
          clusters: { tree: shared.hash, count: 200, contentHash: shared.contentHash, wanted: true },
          routes: { tree: built.hash, count: 1, contentHash: built.contentHash, wanted: true },
        },
      })),
    );
  }
  await db
    .insert(rollout)
    .values({ version: VERSIONS, kind: "publish", author: "ann", createdAt: new Date() });
}

/** As a publish would store it, but for the encoded message, which no history reads: to parse 10,000 texts takes minutes. */
function routesContent(timeouts: readonly number[]) {
  const routes = timeouts.map((timeout, index) => ({
    match: { prefix: `/r${index}/` },
    route: { cluster: `c${index}`, timeout: `${timeout}s`, prefix_rewrite: "/" },
  }));
  const json = { name: "main", virtual_hosts: [{ name: "web", domains: ["*"], routes }] };
  const yaml = JSON.stringify(json);
  const hash = blobHash("routes", yaml);
  return {
    hash,
    kind: "routes" as const,
    name: "main",
    yaml,
    json,
    message: new Uint8Array(),
    messageHash: hash,
  };
}

async function timed<T>(
  what: string,
  run: () => Promise<T>,
): Promise<{ readonly value: T; readonly ms: number }> {
  const began = performance.now();
  const value = await run();
  const ms = performance.now() - began;
  console.log(`${what}: ${ms.toFixed(0)} ms`);
  return { value, ms };
}

test(`over ${VERSIONS} versions lists, searches and blames are answered at once`, async () => {
  const viewer = config.as("viewer");
  await timed("the index is made from nothing, once", () => searchHistory(viewer, { limit: 1 }));
  const first = await timed("the first blame of a resource that every version changed", () =>
    blameResource(viewer, { kind: "routes", name: "main", path: "timeout" }),
  );
  assert.equal(first.value.total, ROUTES);
  const reads = [
    await timed("the newest page of versions", () => listVersions(viewer, { limit: 50 })),
    await timed("a page far down", () => listVersions(viewer, { limit: 50, before: 100 })),
    await timed("versions by a word", () => listVersions(viewer, { limit: 50, search: "change 77" })),
    await timed("blame", () => blameResource(viewer, { kind: "routes", name: "main", path: "timeout" })),
    await timed("changes by field and value", () => searchHistory(viewer, { text: "timeout 123s" })),
    await timed("changes of nobody", () => searchHistory(viewer, { text: "there-is-no-such-word" })),
    await timed("history of one resource", () => searchHistory(viewer, { kind: "routes", name: "main" })),
  ];
  for (const { ms } of reads) assert.ok(ms < READ_WITHIN_MS, `${ms} ms`);
  const blame = await blameResource(viewer, {
    kind: "routes",
    name: "main",
    path: "routes[17].route.timeout",
  });
  assert.deepEqual(
    blame.fields.map(({ value, version: from, author }) => [value, from, author]),
    [[`${VERSIONS - 33}s`, VERSIONS - 33, (VERSIONS - 33) % 7 === 0 ? "bob" : "ann"]],
  );
});
