import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { startRecordingUpstream, startSluiceProxy } from "@sluice/harness";
import { httpBootstrap } from "./src/bootstrap.ts";

/** The program of github.com/summerwind/h2spec: on the PATH, or where `H2SPEC` says. */
const h2spec = process.env.H2SPEC ?? "h2spec";
const installed = spawnSync(h2spec, ["--version"], { timeout: 10_000 }).status === 0;
const skip = installed
  ? false
  : "no h2spec on the PATH (go install github.com/summerwind/h2spec/cmd/h2spec@latest)";

/** All of h2spec 2.6, strict ones included; stock Envoy 1.40 passes 133 of them. */
const TESTS = 146;

// HTTP/2 alone: with AUTO what is no HTTP/2 preface is an HTTP/1 request, and is answered as one.
const YAML = httpBootstrap({
  routes: `- { match: { prefix: "/" }, route: { cluster: one } }`,
  hcm: "codec_type: HTTP2\ndelayed_close_timeout: 0.1s",
});

describe("HTTP/2 as the RFCs have it", { skip }, () => {
  it(`passes all ${TESTS} of h2spec's tests`, { timeout: 180_000 }, async () => {
    const upstream = await startRecordingUpstream({ reply: { body: "a body of some octets" } });
    const dead = String(upstream.port);
    const proxy = await startSluiceProxy({
      yaml: YAML.replaceAll("{{upstream}}", dead)
        .replaceAll("{{upstream2}}", dead)
        .replaceAll("{{dead}}", dead),
    });
    try {
      const port = await proxy.listenerPort("main");
      const output = await run(port);
      const failures = output.slice(Math.max(output.indexOf("Failures"), output.length - 4000));
      assert.match(output, new RegExp(`${TESTS} tests, ${TESTS} passed, 0 skipped, 0 failed`), failures);
    } finally {
      await proxy.close();
      await upstream.close();
    }
  });
});

/** Beside this process's event loop, which serves the upstream. */
async function run(port: number): Promise<string> {
  const child = spawn(h2spec, ["-h", "127.0.0.1", "-p", String(port), "--strict", "--timeout", "3"]);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  await new Promise((resolve) => child.on("close", resolve));
  return output;
}
