import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { hasGo, startGoControlPlane } from "./management-server.ts";
import { measureXds, type XdsFigures, type XdsScale } from "./xds-scale.ts";

function small(context: TestContext): XdsScale {
  const directory = mkdtempSync(join(tmpdir(), "sluice-xds-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return {
    nodes: 30,
    resources: 40,
    publishes: 3,
    directory,
    log: (line) => context.diagnostic(line),
  };
}

function assertMeasured(figures: XdsFigures): void {
  for (const [name, value] of Object.entries(figures))
    assert.ok(Number.isFinite(value), `${name} is ${value}`);
}

test("nodes get what was published, then only the change, and come back with what they have", async (context) => {
  assertMeasured(await measureXds(small(context)));
});

test("the same nodes run against go-control-plane's snapshot cache", {
  skip: hasGo() ? false : "Go is not installed",
}, async (context) => {
  const scale = small(context);
  assertMeasured(await measureXds(scale, (routes) => startGoControlPlane(routes, scale.directory)));
});
