import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { writeVersions } from "../testing/write-versions.ts";
import { listVersions } from "../version/list-versions.ts";
import { blameResource } from "./blame-resource.ts";
import { searchHistory } from "./search-history.ts";

const VERSIONS = 10_000;
const ROUTES = 50;
/** Under 1 s each is the aim; twenty times as busy a machine must not make a failure of it. What it takes is printed. */
const READ_WITHIN_MS = 20_000;

let config: TestConfig;
before(async () => {
  config = await startConfig();
  await writeVersions(config.database.db, VERSIONS, ROUTES);
});
after(() => config.close());

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
