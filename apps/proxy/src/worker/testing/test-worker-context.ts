import assert from "node:assert/strict";
import type { ThreadLocalCluster } from "../../cluster/thread-local-cluster.ts";
import { standardExtensions } from "../../extensions/standard.ts";
import { RuntimeSnapshot } from "../../runtime/runtime-snapshot.ts";
import { createValidationContext } from "../../server/validation-context.ts";
import type { WorkerContext } from "../worker-context.ts";

/**
 * What a worker gives to what it compiles, as far as a test does not give it. `up`: its one cluster, of that name. What is logged as an
 * error fails the test.
 */
export function testWorkerContext(
  given: Partial<WorkerContext> = {},
  up?: ThreadLocalCluster,
): WorkerContext {
  const has = (name: string): boolean => up !== undefined && name === "up";
  return {
    ...createValidationContext({
      concurrency: 1,
      runtime: given.runtime ?? new RuntimeSnapshot(),
      log: given.log ?? { debug() {}, info() {}, warn() {}, error: (text: string) => assert.fail(text) },
      localInfo: { nodeId: "n", nodeCluster: "c", region: "", zone: "", subZone: "", address: "10.0.0.1" },
      clusters: { has },
      extensions: given.extensions ?? standardExtensions(),
    }),
    clusters: { has, get: (name) => (has(name) ? up : undefined) },
    ...given,
  };
}
