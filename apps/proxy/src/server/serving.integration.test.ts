import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import { clusterYaml, eventually, listenerYaml, ProxyProcess, portOf } from "./proxy-process-fixture.ts";

function bootstrap(hosts: string, clusters: readonly string[]): string {
  const routes = `route_config: {name: local, virtual_hosts: [${hosts}]}`;
  return `
admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
static_resources:
  listeners:
  - ${listenerYaml("main", routes).trim().replaceAll("\n", "\n    ")}
  clusters:
${clusters.map((cluster) => `  - ${cluster}`).join("\n")}
`;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return portOf(server.address());
}

const route = (cluster: string, more = ""): string =>
  `{match: {prefix: /}, route: {cluster: ${cluster}${more}}}`;

test("require_tls sends plain requests to https and lets the others through", async () => {
  const direct = "{match: {prefix: /}, direct_response: {status: 200}}";
  const proxy = new ProxyProcess(
    bootstrap(
      `{name: all, domains: [all.test], require_tls: ALL, routes: [${direct}]}, {name: ext, domains: [ext.test], require_tls: EXTERNAL_ONLY, routes: [${direct}]}`,
      [],
    ),
  );
  try {
    await proxy.live();
    const port = await proxy.listenerPort("main");
    const ask = (host: string, proto: string): Promise<string> =>
      new Promise((resolve, reject) => {
        let answer = "";
        const socket = connect(port, "127.0.0.1", () =>
          socket.write(
            `GET /a?b=c HTTP/1.1\r\nhost: ${host}\r\nx-forwarded-proto: ${proto}\r\nconnection: close\r\n\r\n`,
          ),
        );
        socket.on("data", (chunk) => (answer += chunk.toString()));
        socket.on("end", () => {
          socket.destroy();
          resolve(answer);
        });
        socket.on("error", reject);
      });
    for (const host of ["all.test", "ext.test"]) {
      const redirect = await ask(host, "http");
      assert.match(redirect, /^HTTP\/1\.1 301 /);
      assert.ok(redirect.includes(`\r\nlocation: https://${host}/a?b=c\r\n`), redirect);
      assert.match(await ask(host, "https"), /^HTTP\/1\.1 200 /);
    }
  } finally {
    await proxy.stop();
  }
});

test("upgrades in progress are counted", async () => {
  const sockets = new Set<Socket>();
  const upstream = createTcpServer((socket) => {
    sockets.add(socket);
    socket.once("data", () =>
      socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"),
    );
    socket.on("error", () => {});
  });
  const proxy = new ProxyProcess(
    bootstrap(
      `{name: all, domains: ["*"], routes: [${route("web", ", upgrade_configs: [{upgrade_type: websocket}]")}]}`,
      [clusterYaml("web", await listen(upstream))],
    ),
  );
  try {
    await proxy.live();
    const client = connect(await proxy.listenerPort("main"), "127.0.0.1");
    client.write("GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    await new Promise((resolve) => client.once("data", resolve));
    assert.equal(await proxy.stat("http.ingress.downstream_cx_upgrades_active"), 1);
    client.destroy();
    await eventually("none left", async () =>
      (await proxy.stat("http.ingress.downstream_cx_upgrades_active")) === 0 ? true : undefined,
    );
    assert.equal(await proxy.stat("http.ingress.downstream_cx_upgrades_total"), 1);
  } finally {
    await proxy.stop();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => upstream.close(resolve));
  }
});

test("SIGTERM with time to drain lets a request in flight finish, then the process ends", async () => {
  let answer: (() => void) | undefined;
  const upstream = createServer((_request, response) => {
    answer = () => response.end("whole");
  });
  const proxy = new ProxyProcess(
    bootstrap(`{name: all, domains: ["*"], routes: [${route("web")}]}`, [
      clusterYaml("web", await listen(upstream)),
    ]),
    ["--termination-drain-s", "30"],
  );
  try {
    await proxy.live();
    const port = await proxy.listenerPort("main");
    const response = fetch(`http://127.0.0.1:${port}/`).then((got) => got.text());
    const finish = await eventually("the request upstream", () => answer);
    proxy.child.kill("SIGTERM");
    await eventually(
      "no new connections",
      () => refused(port),
      () => proxy.output,
    );
    assert.equal(proxy.child.exitCode, null);
    finish();
    assert.equal(await response, "whole");
    assert.equal(await proxy.exited, 0);
  } finally {
    await proxy.stop();
    upstream.closeAllConnections();
    await new Promise((resolve) => upstream.close(resolve));
  }
});

function refused(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on("error", () => resolve(true));
  });
}

test("workers that share a listening socket have equally many connections, where that is asked for", async () => {
  const direct = "{match: {prefix: /}, direct_response: {status: 200}}";
  const yaml = bootstrap(`{name: all, domains: ["*"], routes: [${direct}]}`, []);
  const more = "enable_reuse_port: false\n    connection_balance_config: {exact_balance: {}}";
  const proxy = new ProxyProcess(yaml.replace("name: main", `name: main\n    ${more}`));
  const open: Socket[] = [];
  try {
    await proxy.live();
    const port = await proxy.listenerPort("main");
    for (let i = 0; i < 8; i++) {
      const socket = connect(port, "127.0.0.1");
      open.push(socket);
      socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      await once(socket, "data");
    }
    const { body } = await proxy.admin("/stats?filter=worker_\\d\\.downstream_cx_active$");
    assert.deepEqual(
      [...body.matchAll(/worker_\d\.downstream_cx_active: (\d+)/g)].map(([, n]) => n),
      ["4", "4"],
    );
  } finally {
    for (const socket of open) socket.destroy();
    await proxy.stop();
  }
});
