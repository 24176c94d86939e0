import assert from "node:assert/strict";
import { test } from "node:test";
import { envoyRefusal, withoutEnvoy } from "../testing/real-envoy.ts";
import { violationTable } from "./violation-table.ts";

for (const { title, bootstrap, violation } of violationTable) {
  test(`a real Envoy judges alike: ${title}`, { skip: withoutEnvoy }, async () => {
    const refusal = await envoyRefusal(bootstrap);
    assert.equal(refusal === undefined, violation === undefined, refusal ?? "accepted");
  });
}
