import { after, before, test } from "node:test";
import { startPostgres, type TestPostgres } from "@sluice/harness";
import fc from "fast-check";
import { step, walk } from "../testing/rollout-walk.ts";

let postgres: TestPostgres;
before(async () => {
  postgres = await startPostgres();
});
after(() => postgres.close());

test("whatever is edited, published, steered, refused, cut off and killed: at rest every node has what its group should have", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => walk(postgres, steps)),
    { numRuns: 300, includeErrorInReport: true },
  );
});
