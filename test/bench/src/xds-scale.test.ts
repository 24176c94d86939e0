import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { measureXds } from "./xds-scale.ts";

test("nodes get what was published, then only the change, and come back with what they have", async (context) => {
  const directory = mkdtempSync(join(tmpdir(), "sluice-xds-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const figures = await measureXds({
    nodes: 30,
    resources: 40,
    publishes: 3,
    directory,
    log: (line) => context.diagnostic(line),
  });
  for (const [name, value] of Object.entries(figures))
    assert.ok(Number.isFinite(value), `${name} is ${value}`);
});
