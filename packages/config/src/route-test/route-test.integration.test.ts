import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { listAudit } from "../audit/list-audit.ts";
import { diffDraft } from "../draft/diff-draft.ts";
import { putResource } from "../draft/put-resource.ts";
import { resetDraft } from "../draft/reset-draft.ts";
import { clusterYaml, listenerYaml, routesYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { publish } from "../version/publish.ts";
import { listRouteTests, versionRouteTests } from "./list-route-tests.ts";
import { putRouteTest } from "./put-route-test.ts";
import { removeRouteTest } from "./remove-route-test.ts";
import type { RouteTest } from "./route-test.ts";
import { runRouteTests } from "./run-route-tests.ts";

let config: TestConfig;
before(async () => {
  config = await startConfig();
  const ann = config.as("publisher", "ann");
  await putResource(ann, { kind: "clusters", yaml: clusterYaml("web") });
  await putResource(ann, { kind: "clusters", yaml: clusterYaml("other", 8081) });
  await putResource(ann, { kind: "routes", yaml: routesYaml("main", "web") });
  await putResource(ann, { kind: "listeners", yaml: listenerYaml("edge", "main") });
});
after(() => config.close());

const TEST: RouteTest = {
  name: "home goes to web",
  method: "GET",
  url: "http://shop.example:10000/",
  headers: [],
  expect: { listener: "edge", virtualHost: "web", route: "virtual_hosts[0].routes[0]", cluster: "web" },
};

test("a test is kept, run against the draft, and frozen into the version", async () => {
  const ann = config.as("publisher", "ann");
  const stored = await putRouteTest(ann, TEST);
  assert.equal(stored.updatedBy, "ann");
  const run = await runRouteTests(ann, { source: "draft" });
  assert.deepEqual(run.results, [
    {
      name: TEST.name,
      passed: true,
      failures: [],
      found: {
        listener: "edge",
        virtualHost: "web",
        route: "virtual_hosts[0].routes[0]",
        cluster: "web",
      },
    },
  ]);
  await publish(ann, { message: "first" });
  assert.deepEqual(await versionRouteTests(ann, 1), [TEST]);
  await assert.rejects(publish(ann, { message: "again" }), { code: "nothing_to_publish" });
});

test("tests are content: a changed one alone can be published, and makes another version hash", async () => {
  const ann = config.as("publisher", "ann");
  await putRouteTest(ann, {
    ...TEST,
    name: "nothing on another port",
    url: "http://x:1/",
    expect: { status: 404 },
  });
  await removeRouteTest(ann, "nothing on another port");
  const added: RouteTest = {
    ...TEST,
    name: "second",
    headers: [{ name: "x-a", value: "1" }],
    expect: { cluster: "web" },
  };
  await putRouteTest(ann, added);
  assert.equal((await diffDraft(ann)).routeTestsChanged, true);
  const { version } = await publish(ann, { message: "one more test" });
  assert.deepEqual(await versionRouteTests(ann, version.number), [TEST, added]);
  assert.deepEqual(await versionRouteTests(ann, 1), [TEST]);
  assert.equal((await diffDraft(ann)).routeTestsChanged, false);
});

test("a failing test blocks publishing, says what it expected and what came, and only an admin with a reason goes past it", async () => {
  const ann = config.as("publisher", "ann");
  await putResource(ann, {
    kind: "routes",
    name: "main",
    yaml: routesYaml("main", "other"),
    expectedRevision: 1,
  });
  const refused = await publish(ann, { message: "wrong way" }).then(
    () => assert.fail("it was published"),
    (error) => error,
  );
  assert.equal(refused.code, "invalid");
  assert.match(
    refused.message,
    /route test 'home goes to web' and 1 more fail: cluster: expected web, but it is other/,
  );
  assert.equal(refused.details.failedTests.length, 2);
  await assert.rejects(publish(ann, { message: "m", override: { reason: "because" } }), {
    code: "forbidden",
  });
  const root = config.as("admin", "root");
  await assert.rejects(publish(root, { message: "m", override: { reason: " " } }), { code: "invalid" });
  const { version } = await publish(root, { message: "m", override: { reason: "migration of web" } });
  const { events } = await listAudit(root, { action: "version.override" });
  assert.equal(events.length, 1);
  assert.match(JSON.stringify(events[0]?.details), /"reason":"migration of web"/);
  const [now, past] = [
    await runRouteTests(ann, { source: version.number }),
    await runRouteTests(ann, { source: 1 }),
  ];
  assert.deepEqual([now.failed, past.failed], [2, 0]);
});

test("a draft that is reset has the version's tests again", async () => {
  const ann = config.as("publisher", "ann");
  await resetDraft(ann, { toVersion: 1 });
  assert.deepEqual(
    (await listRouteTests(ann)).map(({ name }) => name),
    [TEST.name],
  );
  assert.equal((await runRouteTests(ann, { source: "draft" })).failed, 0);
});

test("bad tests are refused in words", async () => {
  const ann = config.as("publisher", "ann");
  await assert.rejects(putRouteTest(ann, { ...TEST, name: " " }), /give the test a name/);
  await assert.rejects(putRouteTest(ann, { ...TEST, expect: {} }), /expects nothing/);
  await assert.rejects(putRouteTest(ann, { ...TEST, url: "nonsense here" }), /is no URL/);
  await assert.rejects(putRouteTest(config.as("viewer"), TEST), { code: "forbidden" });
  await assert.rejects(removeRouteTest(ann, "none"), { code: "not_found" });
  await assert.rejects(runRouteTests(ann, { source: "draft", names: ["none"] }), { code: "not_found" });
});
