import assert from "node:assert/strict";
import { test } from "node:test";
import { envoyRefusal, withoutEnvoy } from "../testing/real-envoy.ts";
import { leniencyTable } from "./leniency-table.ts";

for (const { title, yaml, accepted } of leniencyTable) {
  test(`a real Envoy ${accepted ? "reads" : "refuses"} ${title}`, { skip: withoutEnvoy }, async () => {
    const lines = `name: a\nconnect_timeout: 1s\n${yaml}`.split("\n").map((line) => `    ${line}`);
    const refusal = await envoyRefusal(`static_resources:\n  clusters:\n  -\n${lines.join("\n")}\n`);
    assert.equal(refusal === undefined, accepted, refusal ?? "accepted");
  });
}
