import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as api from "../index.ts";
import { clusterYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";

let config: TestConfig;
before(async () => {
  config = await startConfig();
});
after(() => config?.close());

test("settings have defaults, change one by one, and are audited with what was there before", async () => {
  const root = config.as("admin", "root");
  assert.deepEqual(await api.getSettings(config.as("viewer")), api.DEFAULT_SETTINGS);
  await api.changeSettings(root, { name: " Edge of Berlin ", timeZone: "Europe/Berlin" });
  const changed = await api.changeSettings(root, { baseUrl: "https://sluice.example/", requestsHours: 48 });
  assert.deepEqual(changed, {
    ...api.DEFAULT_SETTINGS,
    name: "Edge of Berlin",
    timeZone: "Europe/Berlin",
    baseUrl: "https://sluice.example",
    requestsHours: 48,
  });
  assert.deepEqual(await api.readSettings(root), changed);
  const [event] = (await api.listAudit(root, { action: "settings.change", limit: 1 })).events;
  assert.deepEqual(event?.details, {
    before: { baseUrl: "", requestsHours: 24 },
    after: { baseUrl: "https://sluice.example", requestsHours: 48 },
  });
});

test("what makes no sense is refused by name, and nothing of it is kept", async () => {
  const root = config.as("admin", "root");
  const before = await api.readSettings(root);
  const table: readonly (readonly [Partial<api.ApplianceSettings>, RegExp])[] = [
    [{ name: "a\nb" }, /one line/],
    [{ baseUrl: "javascript:alert(1)" }, /http:/],
    [{ timeZone: "Mars/Olympus" }, /no time zone/],
    [{ figuresDays: 1 }, /figuresDays is 1: it is a whole number from 2 to 400/],
    [{ name: "kept?", tracesMax: 1.5 }, /tracesMax/],
  ];
  for (const [input, message] of table)
    await assert.rejects(api.changeSettings(root, input), { code: "bad_input", message });
  assert.deepEqual(await api.readSettings(root), before);
});

test("the first-run guide is offered until somebody finishes it, and never again", async () => {
  const root = config.as("admin", "root");
  assert.equal(await api.setupOpen(root), true);
  await api.finishSetup(root);
  assert.equal(await api.setupOpen(root), false);
  assert.equal((await api.readSettings(root)).name, "Edge of Berlin", "the settings stay");
});

test("an appliance that has published something is offered no guide", async () => {
  const root = config.as("admin", "root");
  await config.database.sql`update config.appliance_settings set set_up_at = null`;
  assert.equal(await api.setupOpen(root), true);
  await api.putResource(root, { kind: "clusters", yaml: clusterYaml("web") });
  await api.publish(root, { message: "first" });
  assert.equal(await api.setupOpen(root), false);
});
