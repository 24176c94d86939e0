import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertNoneTwiceRunning } from "./twice-running.ts";

/** What each of the comparisons finds, by ids. */
async function compared(...runs: readonly (readonly string[])[]): Promise<{ run: number; runs: number }> {
  let made = 0;
  const { run } = await assertNoneTwiceRunning(
    async () => {
      const differences = (runs[made] ?? []).map((id) => ({ id, envoy: `${made}`, sluice: null }));
      return { run: made++, differences };
    },
    (first, twice) => `${first.run}: ${twice.map(({ id, envoy }) => `${id} ${String(envoy)}`).join(", ")}`,
    "show.ts",
  );
  return { run, runs: made };
}

describe("differences from Envoy in what is generated", () => {
  it("are looked for once where there are none", async () => {
    assert.deepEqual(await compared([], ["a"]), { run: 0, runs: 1 });
  });

  it("are forgiven where the second comparison finds others", async () => {
    assert.deepEqual(await compared(["a", "b"], ["c"]), { run: 0, runs: 2 });
  });

  it("are told as they were first when they show again, whatever their values are by then", async () => {
    await assert.rejects(
      compared(["a", "b", "c"], ["d", "c", "a"]),
      /^AssertionError.*: 0: a 0, c 0\n\nshow.ts shows all of it/,
    );
  });
});
