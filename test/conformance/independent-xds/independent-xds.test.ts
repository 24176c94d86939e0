import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort, waitFor } from "@sluice/harness";

const here = fileURLToPath(new URL(".", import.meta.url));
const proxyMain = fileURLToPath(new URL("../../../apps/proxy/src/main.ts", import.meta.url));
const hasGo = spawnSync("go", ["version"]).status === 0;

function bootstrap(xdsPort: number, apiType: "GRPC" | "DELTA_GRPC"): string {
  return `
node: { id: independent, cluster: independent }
admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }
dynamic_resources:
  ads_config:
    api_type: ${apiType}
    transport_api_version: V3
    grpc_services: [{ envoy_grpc: { cluster_name: xds } }]
  lds_config: { ads: {}, resource_api_version: V3 }
  cds_config: { ads: {}, resource_api_version: V3 }
static_resources:
  clusters:
    - name: xds
      type: STATIC
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          explicit_http_config: { http2_protocol_options: {} }
      load_assignment:
        cluster_name: xds
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${xdsPort} } } }
`;
}

function startLines(command: string, args: readonly string[]) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    output: () => output,
    send: (line: string) => child.stdin.write(`${line}\n`),
    stop: async () => {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await closed;
      clearTimeout(timer);
    },
  };
}

for (const apiType of ["GRPC", "DELTA_GRPC"] as const) {
  test(`the proxy takes its whole configuration, and a change of it, from go-control-plane by ADS (${apiType})`, {
    skip: hasGo ? false : "Go is not installed",
  }, async () => {
    const work = mkdtempSync("/tmp/sluice-independent-");
    const binary = join(work, "server");
    const built = spawnSync("go", ["build", "-o", binary, "."], { cwd: here, encoding: "utf8" });
    assert.equal(built.status, 0, built.stderr);
    const upstream = createServer((_request, response) => response.end("from upstream"));
    await new Promise<void>((resolve) => upstream.listen({ host: "127.0.0.1", port: 0 }, resolve));
    const address = upstream.address();
    assert.ok(typeof address === "object" && address !== null);
    const server = startLines(binary, []);
    const listenerPort = await freePort();
    let proxy: ReturnType<typeof startLines> | undefined;
    const text = async (path: string): Promise<string> => {
      try {
        const response = await fetch(`http://127.0.0.1:${listenerPort}${path}`, {
          signal: AbortSignal.timeout(2_000),
        });
        return `${response.status} ${await response.text()}`;
      } catch (error) {
        return String(error);
      }
    };
    try {
      const xdsPort = await waitFor(
        "the server listens",
        () => Number(/listening (\d+)/.exec(server.output())?.[1] ?? 0) || undefined,
      );
      server.send(`${listenerPort} ${address.port} one`);
      const file = join(work, "bootstrap.yaml");
      writeFileSync(file, bootstrap(xdsPort, apiType));
      proxy = startLines(process.execPath, [proxyMain, "-c", file, "--concurrency", "1"]);
      await waitFor("the listener serves", async () => (await text("/text")) === "200 one");
      assert.equal(await text("/other"), "200 from upstream");
      server.send(`${listenerPort} ${address.port} two`);
      await waitFor("the change serves", async () => (await text("/text")) === "200 two");
      for (const type of ["Cluster", "ClusterLoadAssignment", "Listener", "RouteConfiguration"]) {
        assert.match(server.output(), new RegExp(`ack ${type} `));
      }
      assert.doesNotMatch(server.output(), /nack/);
    } finally {
      await proxy?.stop();
      await server.stop();
      upstream.closeAllConnections();
      upstream.close();
      rmSync(work, { recursive: true, force: true });
    }
  });
}
