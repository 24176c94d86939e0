import assert from "node:assert/strict";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { toBinary } from "@bufbuild/protobuf";
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import { parseYaml } from "../index.ts";
import { messageDescriptor } from "../registry/api-registry.ts";
import type { Snapshot, SnapshotSource } from "../snapshot-source.ts";
import { TYPE_URLS } from "../type-urls.ts";
import { createXdsServer } from "./index.ts";

const ECHO: ServiceDefinition = {
  echo: {
    path: "/test.Echo/Echo",
    requestStream: false,
    responseStream: false,
    requestSerialize: (text: string) => Buffer.from(text),
    requestDeserialize: (bytes: Buffer) => bytes.toString(),
    responseSerialize: (text: string) => Buffer.from(text),
    responseDeserialize: (bytes: Buffer) => bytes.toString(),
  },
};

/** A gRPC server that answers with its own name. */
async function startEcho(name: string): Promise<{ port: number; close: () => void }> {
  const server = new Server();
  server.addService(ECHO, {
    echo: (call: { request: string }, done: (error: null, answer: string) => void) =>
      done(null, `${name} ${call.request}`),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, close: () => server.forceShutdown() };
}

function section(typeUrl: string, version: string, resources: Readonly<Record<string, string>>) {
  const type = typeUrl.slice(typeUrl.indexOf("/") + 1);
  return {
    version,
    resources: new Map(
      Object.entries(resources).map(([name, yaml]) => {
        const { message, problems } = parseYaml(yaml, type);
        assert.ok(message !== undefined, JSON.stringify(problems));
        return [name, { name, version, value: toBinary(messageDescriptor(type), message) }];
      }),
    ),
  };
}

function snapshot(version: string, port: number): Snapshot {
  const hcm =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  return {
    version,
    types: new Map([
      [
        TYPE_URLS.listener,
        section(TYPE_URLS.listener, "1", {
          echo: `
name: echo
api_listener:
  api_listener:
    "@type": ${hcm}
    rds: { route_config_name: routes, config_source: { ads: {}, resource_api_version: V3 } }
    http_filters:
    - name: envoy.filters.http.router
      typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
`,
        }),
      ],
      [
        TYPE_URLS.route,
        section(TYPE_URLS.route, "1", {
          routes: `{ name: routes, virtual_hosts: [{ name: all, domains: ["*"], routes: [{ match: { prefix: "" }, route: { cluster: echo } }] }] }`,
        }),
      ],
      [
        TYPE_URLS.cluster,
        section(TYPE_URLS.cluster, "1", {
          echo: "{ name: echo, type: EDS, eds_cluster_config: { eds_config: { ads: {}, resource_api_version: V3 } } }",
        }),
      ],
      [
        TYPE_URLS.endpoint,
        section(TYPE_URLS.endpoint, version, {
          echo: `
cluster_name: echo
endpoints:
- locality: { region: r, zone: z }
  load_balancing_weight: 1
  lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } } }]
`,
        }),
      ],
    ]),
  };
}

test("gRPC's own xDS client (@grpc/grpc-js-xds) finds its endpoints through our server, and follows a change", async () => {
  const [one, two] = await Promise.all([startEcho("one"), startEcho("two")]);
  let current = snapshot("1", one.port);
  let changed: (affected: () => boolean) => void = () => {};
  const source: SnapshotSource = {
    snapshotFor: () => current,
    watch(onChange) {
      changed = onChange;
      return () => {};
    },
  };
  const nacks: string[] = [];
  const quiet = () => {};
  const sessions = new Set<{ destroy(): void }>();
  const xds = createXdsServer({
    source,
    observer: {
      onStreamOpened: quiet,
      onStreamClosed: quiet,
      onSent: quiet,
      onAck: quiet,
      onNack: (_stream, typeUrl, _version, message) => nacks.push(`${typeUrl}: ${message}`),
    },
  });
  const server = createServer((request, response) => {
    if (!xds.handleGrpc(request, response)) response.stream.close();
  });
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", quiet);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  process.env.GRPC_XDS_BOOTSTRAP_CONFIG = JSON.stringify({
    xds_servers: [
      { server_uri: `127.0.0.1:${port}`, channel_creds: [{ type: "insecure" }], server_features: ["xds_v3"] },
    ],
    node: { id: "grpc-js", locality: {} },
  });
  // Reads the environment when it is loaded.
  const { register } = await import("@grpc/grpc-js-xds");
  register();
  const client = new Client("xds:///echo", credentials.createInsecure());
  const call = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        "/test.Echo/Echo",
        (value: string) => Buffer.from(value),
        (bytes: Buffer) => bytes.toString(),
        text,
        new Metadata(),
        { deadline: Date.now() + 10_000 },
        (error, answer) => (error === null && answer !== undefined ? resolve(answer) : reject(error)),
      );
    });
  try {
    assert.equal(await call("hello"), "one hello");
    current = snapshot("2", two.port);
    changed(() => true);
    const deadline = performance.now() + 10_000;
    while ((await call("again")) !== "two again") {
      assert.ok(performance.now() < deadline, "the new endpoint is used within 10 s");
    }
    assert.deepEqual(nacks, []);
  } finally {
    client.close();
    xds.close();
    for (const session of sessions) session.destroy();
    server.close();
    one.close();
    two.close();
  }
});
