import assert from "node:assert/strict";
import { it } from "node:test";
import { formatTable } from "./format-table.ts";
import { medians } from "./scenario.ts";

it("aligns numbers and shows what was not measured", () => {
  const table = formatTable(
    [
      ["rate", "req/s", 0],
      ["rss", "MiB", 1],
    ],
    [
      { name: "envoy", version: "1.40.0", median: { rate: 30_000, rss: 40.25 }, rounds: [] },
      { name: "b", version: "2", median: { rate: 5, rss: Number.NaN }, rounds: [] },
    ],
  );
  assert.equal(
    table,
    "               req/s    MiB\nenvoy 1.40.0   30000   40.3\nb 2                5      –",
  );
});

it("takes the middle round, or the mean of the middle two", () => {
  assert.deepEqual(medians([{ a: 3 }, { a: 1 }, { a: 2 }]), { a: 2 });
  assert.deepEqual(medians([{ a: 4 }, { a: 1 }, { a: 2 }, { a: 9 }]), { a: 3 });
});
