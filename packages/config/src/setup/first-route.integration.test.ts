import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { installedEnvoy } from "@sluice/harness";
import { parse } from "yaml";
import { checkDraft } from "../draft/check-draft.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { exportDraft } from "../transfer/export-draft.ts";
import { exportVersion } from "../transfer/export-version.ts";
import { importYaml } from "../transfer/import-yaml.ts";
import { publish } from "../version/publish.ts";
import { createFirstRoute } from "./create-first-route.ts";

let config: TestConfig;
before(async () => {
  config = await startConfig();
});
after(() => config.close());

const WANTED = { domain: "shop.test", path: "/", port: 10000, host: "127.0.0.1", upstreamPort: 8080 };

test("a first route is made, extended and left alone", async () => {
  const ann = config.as("publisher", "ann");
  const first = await createFirstRoute(ann, WANTED);
  assert.deepEqual(
    first.resources.map(({ kind, name, problems }) => [kind, name, problems]),
    [
      ["clusters", "127-0-0-1-8080", []],
      ["routes", "http-10000", []],
      ["listeners", "http-10000", []],
    ],
  );
  assert.deepEqual(first.unchanged, []);
  assert.equal((await createFirstRoute(ann, WANTED)).unchanged.length, 3);
  const api = await createFirstRoute(ann, { ...WANTED, path: "/api", host: "api.test", upstreamPort: 9000 });
  assert.equal(api.unchanged.length, 1);
  const routes = parse(api.resources[1]?.yaml ?? "");
  assert.deepEqual(
    routes.virtual_hosts[0].routes.map((route: { match: { prefix: string } }) => route.match.prefix),
    ["/api", "/"],
  );
  assert.deepEqual((await checkDraft(ann)).problems, []);
  await assert.rejects(createFirstRoute(ann, { ...WANTED, port: 0 }), { code: "invalid" });
});

test("an export loads in a real Envoy and imports without a change of clusters", async (t) => {
  const ann = config.as("publisher", "ann");
  await publish(ann, { message: "first" });
  const exported = await exportVersion(ann);
  assert.equal(exported.yaml, (await exportDraft(ann)).yaml);
  const preview = await importYaml(ann, { text: exported.yaml, preview: true });
  assert.deepEqual(
    preview.changes.map(({ kind }) => kind),
    ["listeners"],
  );
  assert.deepEqual(
    preview.unchanged.map(({ kind }) => kind),
    ["clusters", "clusters"],
  );
  const done = await importYaml(ann, { text: exported.yaml });
  assert.equal(done.changes.length, 1);
  assert.equal((await importYaml(ann, { text: exported.yaml })).changes.length, 0);
  if (installedEnvoy() === undefined) return t.skip("Envoy is not installed");
  const dir = await mkdtemp(join(tmpdir(), "sluice-export-"));
  try {
    const file = join(dir, "bootstrap.yaml");
    await writeFile(file, exported.yaml);
    const { stdout, stderr } = await promisify(execFile)("envoy", ["--mode", "validate", "-c", file]);
    assert.match(stdout + stderr, /OK/);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("an import says what it could not take and keeps comments", async () => {
  const ann = config.as("publisher", "ann");
  const text = `admin: {}
static_resources:
  clusters:
    # the old shop
    - name: old # keep
      connect_timeout: 1s
      type: STATIC
`;
  const result = await importYaml(ann, { text });
  assert.deepEqual(
    result.ignored.map(({ path }) => path),
    ["admin"],
  );
  assert.match(result.changes[0]?.afterYaml ?? "", /# keep/);
  await assert.rejects(importYaml(ann, { text: "a: [" }), { code: "invalid" });
});
