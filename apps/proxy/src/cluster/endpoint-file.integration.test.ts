import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually } from "../server/proxy-process-fixture.ts";
import { watchEndpointFile } from "./endpoint-file.ts";

let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), "sluice-eds-"));
});
after(() => rmSync(dir, { recursive: true }));

const assignment = (name: string, port: number): string => `resources:
- "@type": type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment
  cluster_name: ${name}
  endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } } }] }]
`;

function put(name: string, text: string): void {
  writeFileSync(join(dir, `${name}.next`), text);
  renameSync(join(dir, `${name}.next`), join(dir, name));
}

test("endpoints are read at once and when the file is replaced; what is wrong changes nothing", async () => {
  put("eds.yaml", assignment("web", 1000));
  const seen: string[] = [];
  const stop = watchEndpointFile({ path: join(dir, "eds.yaml"), watchedDirectory: "" }, "web", {
    onAttempt: () => seen.push("attempt"),
    onUpdate: (found) => seen.push(found?.endpoints.map(({ address }) => address).join() ?? "none"),
    onFailure: (kind, message) => seen.push(`${kind}: ${message}`),
  });
  const last = (): string => seen.at(-1) ?? "";
  assert.deepEqual(seen, ["attempt", "127.0.0.1:1000"]);
  put("eds.yaml", assignment("web", 1001));
  await eventually("the new endpoint", () => (last() === "127.0.0.1:1001" ? true : undefined));
  put("other.yaml", assignment("web", 7));
  put("eds.yaml", assignment("web", 70_000));
  await eventually(
    "a refusal",
    () => (/^rejected: .*port_value/.test(last()) ? true : undefined),
    () => seen.join("\n"),
  );
  put("eds.yaml", assignment("other", 1001));
  await eventually(
    "no assignment",
    () => (last() === "none" ? true : undefined),
    () => seen.join("\n"),
  );
  assert.ok(!seen.includes("127.0.0.1:7"));
  stop();
});
