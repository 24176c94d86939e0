import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  clusterYaml,
  listenerYaml,
  ProxyProcess,
  routesYaml,
  startUpstream,
} from "./proxy-process-fixture.ts";

const indent = (text: string): string => text.trim().replaceAll("\n", "\n    ");

function bootstrap(port: number, more = ""): string {
  return `
admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
static_resources:
  listeners:
  - ${indent(listenerYaml("main", `route_config: ${routesYaml("local", "web")}`, more))}
  clusters:
  - ${clusterYaml("web", port)}
`;
}

test("a static configuration carries traffic, counts it, and ends cleanly on SIGTERM", async () => {
  const upstream = await startUpstream("hello");
  const proxy = new ProxyProcess(bootstrap(upstream.port));
  try {
    await proxy.live();
    const port = await proxy.listenerPort("main");
    for (let request = 0; request < 20; request++) {
      assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "hello");
    }
    assert.equal(await proxy.stat("cluster.web.upstream_rq_200"), 20);
    assert.equal(await proxy.stat("http.ingress.downstream_rq_2xx"), 20);
    const clusters = await proxy.admin("/clusters");
    assert.match(clusters.body, new RegExp(`^web::127\\.0\\.0\\.1:${upstream.port}::rq_total::20$`, "m"));
    const prometheus = await proxy.admin("/stats/prometheus");
    assert.match(
      prometheus.body,
      /^envoy_cluster_upstream_rq_xx\{envoy_response_code_class="2",envoy_cluster_name="web"\} 20$/m,
    );
    const info = JSON.parse((await proxy.admin("/server_info")).body);
    assert.equal(info.state, "LIVE");
    assert.equal(info.node.user_agent_name, "sluice");
    const dump = JSON.parse(
      (await proxy.admin("/config_dump?resource=static_clusters&mask=cluster.name")).body,
    );
    assert.equal(dump.configs[0].cluster.name, "web");
    assert.equal((await proxy.admin("/quitquitquit")).status, 405);
    assert.equal((await proxy.admin("/nope")).status, 404);
    assert.equal((await proxy.admin("/healthcheck/fail", "POST")).body, "OK\n");
    assert.deepEqual(await proxy.admin("/ready").then(({ status, body }) => [status, body]), [
      503,
      "DRAINING\n",
    ]);
    assert.equal(await proxy.stop("SIGTERM"), 0);
  } finally {
    await proxy.stop();
    await upstream.close();
  }
});

test("access logs are written in both formats, flushed at the end", async () => {
  const upstream = await startUpstream("hello");
  const directory = mkdtempSync(join(tmpdir(), "sluice-access-log-test-"));
  const log = join(directory, "access.log");
  const more = `access_log: [{name: file, typed_config: {"@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: "${log}", log_format: {json_format: {status: "%RESPONSE_CODE%", path: "%REQ(:PATH)%", none: "%REQ(nothing)%"}}}}]`;
  const proxy = new ProxyProcess(bootstrap(upstream.port, more), ["--file-flush-interval-msec", "60000"]);
  try {
    await proxy.live();
    await (await fetch(`http://127.0.0.1:${await proxy.listenerPort("main")}/a`)).text();
    await proxy.stop("SIGTERM");
    assert.deepEqual(JSON.parse(readFileSync(log, "utf8")), { none: null, path: "/a", status: 200 });
  } finally {
    await proxy.stop();
    await upstream.close();
    rmSync(directory, { recursive: true });
  }
});

test("a wrong configuration names file, line, column and the nearest field, and ends with 1", async () => {
  const proxy = new ProxyProcess(bootstrap(1).replace("connect_timeout", "conect_timeout"), [
    "--mode",
    "validate",
  ]);
  assert.equal(await proxy.exited, 1);
  assert.match(
    proxy.output,
    /bootstrap\.yaml:\d+:\d+: static_resources\.clusters\[0\]\.conect_timeout: .*connect_timeout/,
  );
  await proxy.stop();
});

test("what is not implemented is refused by name", async () => {
  const yaml = bootstrap(1).replace("connect_timeout: 1s", "connect_timeout: 1s, filters: [{ name: other }]");
  const proxy = new ProxyProcess(`${yaml}\nenable_dispatcher_stats: true\n`, ["--mode", "validate"]);
  assert.equal(await proxy.exited, 1);
  assert.match(proxy.output, /enable_dispatcher_stats is not implemented/);
  await proxy.stop();
  const second = new ProxyProcess(yaml, ["--mode", "validate"]);
  assert.equal(await second.exited, 1);
  assert.match(second.output, /filters is not implemented/);
  await second.stop();
});

test("an address in use is one clear line", async () => {
  const taken = await startUpstream("taken");
  const yaml = bootstrap(1).replace("port_value: 0}}\n    filter", `port_value: ${taken.port}}}\n    filter`);
  const proxy = new ProxyProcess(yaml);
  try {
    assert.equal(await proxy.exited, 1);
    assert.match(proxy.output, new RegExp(`cannot bind '127.0.0.1:${taken.port}': the address is in use`));
  } finally {
    await proxy.stop();
    await taken.close();
  }
});
