import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { compileSubstitutionFormat } from "./compile-substitution-format.ts";
import { wantedFacts } from "./wanted-facts.ts";

const FORMATS: Readonly<Record<keyof typeof wantedFacts, string>> = {
  attempts: "%UPSTREAM_HOSTS_ATTEMPTED%",
  routeResolutions: "%ROUTE_RESOLUTION_COUNT%",
};

/** In a function of its own, whose frame holds them no longer. */
function compile(...formats: readonly string[]): readonly unknown[] {
  return formats.map((format) => {
    const compiled = compileSubstitutionFormat(format, "format");
    assert.ok(compiled.ok);
    return compiled.value;
  });
}

describe("facts that are recorded for formats alone", () => {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  const collected = async (): Promise<void> => {
    assert.ok(typeof collect === "function");
    for (let times = 0; times < 5; times++) {
      collect();
      await nextTurn();
    }
  };

  it("are wanted while there is a format that prints them", async () => {
    const kept: (readonly unknown[])[] = [compile(FORMATS.attempts)];
    compile(FORMATS.attempts, FORMATS.routeResolutions, "%PROTOCOL%");
    assert.deepEqual({ ...wantedFacts }, { attempts: true, routeResolutions: true });
    await collected();
    assert.deepEqual({ ...wantedFacts }, { attempts: true, routeResolutions: false });
    kept.pop();
    await collected();
    assert.deepEqual({ ...wantedFacts }, { attempts: false, routeResolutions: false });
  });
});
