import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import { ControlPlane, type YamlResources } from "../testing/control-plane.ts";

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

function resources(port: number): YamlResources {
  const hcm =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  return {
    "envoy.config.listener.v3.Listener": {
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
    },
    "envoy.config.route.v3.RouteConfiguration": {
      routes: `{ name: routes, virtual_hosts: [{ name: all, domains: ["*"], routes: [{ match: { prefix: "" }, route: { cluster: echo } }] }] }`,
    },
    "envoy.config.cluster.v3.Cluster": {
      echo: "{ name: echo, type: EDS, eds_cluster_config: { eds_config: { ads: {}, resource_api_version: V3 } } }",
    },
    "envoy.config.endpoint.v3.ClusterLoadAssignment": {
      echo: `
cluster_name: echo
endpoints:
- locality: { region: r, zone: z }
  load_balancing_weight: 1
  lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } } }]
`,
    },
  };
}

test("gRPC's own xDS client (@grpc/grpc-js-xds) finds its endpoints through our server, and follows a change", async () => {
  const [one, two] = await Promise.all([startEcho("one"), startEcho("two")]);
  const control = new ControlPlane();
  await control.start();
  control.publish(resources(one.port));
  process.env.GRPC_XDS_BOOTSTRAP_CONFIG = JSON.stringify({
    xds_servers: [
      {
        server_uri: `127.0.0.1:${control.port}`,
        channel_creds: [{ type: "insecure" }],
        server_features: ["xds_v3"],
      },
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
    control.publish(resources(two.port));
    const deadline = performance.now() + 10_000;
    while ((await call("again")) !== "two again") {
      assert.ok(performance.now() < deadline, "the new endpoint is used within 10 s");
    }
    assert.deepEqual(control.takeNacks(), []);
  } finally {
    client.close();
    await control.stop();
    one.close();
    two.close();
  }
});
