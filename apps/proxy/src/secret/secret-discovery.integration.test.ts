import assert from "node:assert/strict";
import { createServer, type ServerHttp2Session } from "node:http2";
import { after, test } from "node:test";
import { connect } from "node:tls";
import { toBinary } from "@bufbuild/protobuf";
import { type TestCertificate, TestCertificates } from "@sluice/harness";
import {
  messageDescriptor,
  parseYaml,
  type Snapshot,
  type SnapshotSource,
  type XdsServerObserver,
} from "@sluice/xds";
import { createXdsServer } from "@sluice/xds/server";
import { eventually, ProxyProcess, portOf } from "../server/proxy-process-fixture.ts";

const SECRET = "envoy.extensions.transport_sockets.tls.v3.Secret";

const certificates = new TestCertificates();
after(() => certificates.remove());
const first = certificates.create("first", { names: "DNS:a.test" });
const second = certificates.create("second", { names: "DNS:a.test" });

const secretYaml = (name: string, { certificate, key }: TestCertificate): string =>
  `{name: ${name}, tls_certificate: {certificate_chain: {inline_string: ${JSON.stringify(certificate)}}, private_key: {inline_string: ${JSON.stringify(key)}}}}`;

/** A server that has secrets only. */
class SecretServer implements SnapshotSource, XdsServerObserver {
  readonly nacks: string[] = [];
  port = 0;
  #snapshot: Snapshot | undefined;
  readonly #watchers = new Set<(affected: () => boolean) => void>();
  #close: () => Promise<void> = () => Promise.resolve();

  snapshotFor(): Snapshot | undefined {
    return this.#snapshot;
  }
  watch(onChange: (affected: () => boolean) => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }
  onStreamOpened(): void {}
  onStreamClosed(): void {}
  onSent(): void {}
  onUnchanged(): void {}
  onAck(): void {}
  onNack(_stream: unknown, _typeUrl: string, _version: string, message: string): void {
    this.nacks.push(message);
  }

  publish(version: string, secrets: Readonly<Record<string, string>>): void {
    const resources = new Map(
      Object.entries(secrets).map(([name, text]) => {
        const parsed = parseYaml(text, SECRET);
        assert.ok(parsed.message, JSON.stringify(parsed.problems));
        return [name, { name, version, value: toBinary(messageDescriptor(SECRET), parsed.message) }] as const;
      }),
    );
    this.#snapshot = { version, types: new Map([[`type.googleapis.com/${SECRET}`, { version, resources }]]) };
    for (const onChange of this.#watchers) onChange(() => true);
  }

  async start(): Promise<void> {
    const xds = createXdsServer({ source: this, observer: this });
    const server = createServer((request, response) => {
      if (!xds.handleGrpc(request, response)) response.stream.close();
    });
    const sessions = new Set<ServerHttp2Session>();
    server.on("session", (session) => {
      sessions.add(session);
      session.on("error", () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.port = portOf(server.address());
    this.#close = async () => {
      xds.close();
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of sessions) session.destroy();
      await closed;
    };
  }

  stop(): Promise<void> {
    return this.#close();
  }
}

const API =
  "{api_type: GRPC, transport_api_version: V3, grpc_services: [{envoy_grpc: {cluster_name: control}}]}";

function listener(name: string, source: string): string {
  return `
  - name: ${name}
    address: {socket_address: {address: 127.0.0.1, port_value: 0}}
    filter_chains:
    - transport_socket:
        name: tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
          common_tls_context:
            tls_certificate_sds_secret_configs: [{name: ${name}, sds_config: {${source}, resource_api_version: V3}}]
      filters:
      - {name: echo, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo}}`;
}

function nameOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

test("secrets come over ADS and from a gRPC server of their own, are rotated, and a bad one is refused with its reason", async () => {
  const control = new SecretServer();
  await control.start();
  control.publish("v1", { "by-ads": secretYaml("by-ads", first), "by-grpc": secretYaml("by-grpc", first) });
  const proxy = new ProxyProcess(`
node: {id: node1, cluster: nodes}
admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
dynamic_resources: {ads_config: ${API}}
static_resources:
  clusters:
  - name: control
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
    load_assignment: {cluster_name: control, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: ${control.port}}}}}]}]}
  listeners:${listener("by-ads", "ads: {}")}${listener("by-grpc", `api_config_source: ${API}`)}
`);
  try {
    await proxy.live();
    const ports = await Promise.all(["by-ads", "by-grpc"].map((name) => proxy.listenerPort(name)));
    for (const port of ports) assert.equal(await nameOf(port), "first");

    const broken = secretYaml("by-ads", { ...first, key: second.key });
    control.publish("v2", { "by-ads": broken, "by-grpc": secretYaml("by-grpc", second) });
    const [nack] = await eventually("a NACK", () => (control.nacks.length > 0 ? control.nacks : undefined));
    assert.match(nack ?? "", /by-ads: tls_certificate.private_key: does not belong to the certificate/);
    await eventually("the new certificate", async () =>
      (await nameOf(ports[1] ?? 0)) === "second" ? true : undefined,
    );
    assert.equal(await nameOf(ports[0] ?? 0), "first");
    assert.ok(!proxy.output.includes("PRIVATE KEY"));
  } finally {
    await proxy.stop();
    await control.stop();
  }
});
