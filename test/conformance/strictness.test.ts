import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it } from "node:test";
import { installedEnvoy, startEnvoy, startSluiceProxy } from "@sluice/harness";
import { runEntries } from "./src/strictness/run-entries.ts";
import { keyOf, REASONS } from "./src/strictness/strictness-differences.ts";
import { STRICTNESS_ENTRIES } from "./src/strictness/strictness-entries.ts";
import type { Outcome } from "./src/strictness/strictness-entry.ts";
import { comparable } from "./src/strictness/strictness-table.ts";

// Entries are told apart by addresses of 127.0.0.0/8, all of which only Linux has.
const noEnvoy = installedEnvoy() === undefined ? "no stock Envoy on the PATH" : false;
const skip = process.platform === "linux" ? false : "needs Linux's loopback addresses";

describe("malformed and ambiguous messages", { skip }, () => {
  let sluice: readonly Outcome[] = [];
  let envoy: readonly Outcome[] | undefined;

  before(
    async () => {
      [sluice, envoy] = await Promise.all([
        runEntries(startSluiceProxy, STRICTNESS_ENTRIES),
        noEnvoy === false ? runEntries(startEnvoy, STRICTNESS_ENTRIES) : undefined,
      ]);
    },
    { timeout: 180_000 },
  );

  it("have names of their own, and every reason belongs to one", () => {
    const keys = STRICTNESS_ENTRIES.map(keyOf);
    assert.equal(new Set(keys).size, keys.length);
    for (const key of REASONS.keys()) assert.ok(keys.includes(key), key);
  });

  it("are listed in docs/strictness.md", () => {
    const text = readFileSync(new URL("../../docs/strictness.md", import.meta.url), "utf8");
    const rows = text.split("\n").filter((line) => / \d{4} §/.test(line));
    assert.equal(rows.length, STRICTNESS_ENTRIES.length, "npm run -w test/conformance strictness");
  });

  STRICTNESS_ENTRIES.forEach((entry, i) => {
    it(`${keyOf(entry)}: one reading or none, as Envoy or for a reason`, (context) => {
      const ours = sluice[i];
      assert.ok(ours !== undefined);
      assert.deepEqual(ours.dangers, []);
      const theirs = envoy?.[i];
      if (theirs === undefined) return;
      const reason = REASONS.get(keyOf(entry));
      if (reason === undefined) assert.deepEqual(comparable(entry, ours), comparable(entry, theirs));
      else {
        context.diagnostic(reason);
        assert.notDeepEqual(comparable(entry, ours), comparable(entry, theirs), "the difference has gone");
      }
    });
  });
});
