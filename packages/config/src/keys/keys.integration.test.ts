import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { listAudit } from "../audit/list-audit.ts";
import { putResource } from "../draft/put-resource.ts";
import { loadKeyRing } from "../envelope/load-key-ring.ts";
import { secretYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { keepKeys } from "./keep-keys.ts";
import { keyStatus } from "./key-status.ts";
import { resealAll } from "./reseal-all.ts";
import { retireKey, rotateKeys } from "./rotate-keys.ts";

let config: TestConfig;
let dataDir: string;
before(async () => {
  config = await startConfig();
  dataDir = mkdtempSync(join(tmpdir(), "sluice-keys-"));
});
after(async () => {
  await config.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const ring = () => loadKeyRing({ secretKey: "", secretKeyFile: "", dataDir, warn: () => {} });
const fail = (error: unknown) => {
  throw error;
};

test("rotation makes a new key the current one once every process has it, and the old one goes when nothing needs it", async () => {
  const ann = { ...config.as("admin", "ann"), ring: ring() };
  const other = ring();
  const holders = [ann.ring, other].map((keys, index) =>
    keepKeys({ context: ann, keys, process: `p${index}`, label: `process ${index}`, onTrouble: fail }),
  );
  try {
    await putResource(ann, { kind: "secrets", yaml: secretYaml("token", "hunter2") });
    const { current, previous } = await rotateKeys(ann);
    assert.equal(ann.ring.current.id, current);
    assert.ok(
      [other.current, ...other.older].some(({ id }) => id === current),
      "the other process has it",
    );
    await putResource(ann, { kind: "secrets", yaml: secretYaml("fresh", "sealed with the new one") });
    await assert.rejects(retireKey(ann, previous), { code: "conflict", message: /still sealed with/ });
    other.reload?.();
    assert.equal((await resealAll(ann, other)).failed, 0);
    const { keys, managed } = await keyStatus(ann);
    assert.equal(managed, true);
    assert.deepEqual(
      keys.map(({ id, state, uses }) => [id, state, uses > 0]),
      [
        [current, "current", true],
        [previous, "older", false],
      ],
    );
    assert.deepEqual(keys[0]?.knownBy, ["process 0", "process 1"]);
    await retireKey(ann, previous);
    assert.equal(readFileSync(join(dataDir, "secret-key"), "utf8").trim().split("\n").length, 1);
    const { events } = await listAudit(ann, { action: "keys." });
    assert.deepEqual(
      events.map(({ action }) => action),
      ["keys.retire", "keys.rotate"],
    );
  } finally {
    await Promise.all(holders.map((holder) => holder.close()));
  }
});

test("keys of the operator's own are not touched, and only an admin may ask", async () => {
  const ann = config.as("admin", "ann");
  await assert.rejects(rotateKeys(ann), { code: "bad_input", message: /SLUICE_SECRET_KEY/ });
  await assert.rejects(rotateKeys(config.as("editor")), { code: "forbidden" });
  await assert.rejects(keyStatus(config.as("viewer")), { code: "forbidden" });
});
