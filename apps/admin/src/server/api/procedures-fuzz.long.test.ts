import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fuzzProcedures } from "../testing/fuzz-procedures.ts";
import { startTestAdmin, type TestAdmin, UNLIMITED } from "../testing/start-test-admin.ts";

let admin: TestAdmin;
before(async () => {
  admin = await startTestAdmin();
});
after(() => admin.close());

test("two hundred inputs for each procedure, as an admin and as nobody: no 500, no leak, no silence", async (t) => {
  const base = await admin.start({}, { requestLimits: UNLIMITED });
  const seed = Number(process.env.SLUICE_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`SLUICE_FUZZ_SEED=${seed}`);
  const { findings, calls } = await fuzzProcedures({
    base,
    seed,
    inputsEach: 200,
    callers: { admin: { authorization: `Bearer ${await admin.token(base)}` }, nobody: {} },
    deadlineMs: 30_000,
  });
  assert.deepEqual(findings.slice(0, 20), [], `SLUICE_FUZZ_SEED=${seed}, ${calls} calls`);
});
