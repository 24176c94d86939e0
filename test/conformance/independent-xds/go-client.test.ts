import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { waitFor } from "@sluice/harness";
import { TYPE_URLS } from "@sluice/xds";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import {
  MutableSource,
  RecordingObserver,
  resource,
  startXdsServer,
} from "../../../packages/xds/src/testing/xds-fixture.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const skip = spawnSync("go", ["version"]).status === 0 ? false : "Go is not installed";
const DEADLINE = { deadlineMs: 60_000 };
let work = "";

before(() => {
  if (skip !== false) return;
  work = mkdtempSync("/tmp/sluice-go-client-");
  const built = spawnSync("go", ["build", "-o", join(work, "client"), "./client"], {
    cwd: here,
    encoding: "utf8",
  });
  assert.equal(built.status, 0, built.stderr);
});
after(() => {
  if (work !== "") rmSync(work, { recursive: true, force: true });
});

for (const [mode, variant] of [
  ["sotw", "ads"],
  ["delta", "delta-ads"],
] as const) {
  test(`go-control-plane's client follows our server, acknowledges and refuses: ${mode}`, {
    skip,
  }, async (t) => {
    const source = new MutableSource();
    const observer = new RecordingObserver();
    const server = await startXdsServer({ source, observer });
    const publish = (version: string, names: readonly string[]): void => {
      const clusters = names.map((name) => resource(name, ClusterSchema, { name, altStatName: version }));
      source.set(version, { [TYPE_URLS.cluster]: clusters });
    };
    publish("1", ["a", "b"]);
    const client = spawn(join(work, "client"), [mode, `127.0.0.1:${server.port}`, "go"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    client.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    const ended = new Promise((resolve) => client.once("close", resolve));
    t.after(async () => {
      client.kill("SIGKILL");
      await ended;
      await server.close();
    });
    const happened = (line: string, count = 1): Promise<unknown> =>
      waitFor(line, () => observer.lines.filter((each) => each === line).length >= count, DEADLINE);
    await happened("ack Cluster");
    assert.equal(output, "got a,b\n");
    assert.equal(observer.lines[0], `opened ${variant} go`);
    publish("2", ["a", "bad", "c"]);
    await happened("nack Cluster cluster bad is not taken");
    publish("3", ["a", "c"]);
    await happened("ack Cluster", 2);
    assert.match(output, mode === "sotw" ? /got a,c\n$/ : /got a,c\ngone b(ad)?(,bad)?\n$/);
  });
}
