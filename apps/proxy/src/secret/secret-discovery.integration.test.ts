import assert from "node:assert/strict";
import { after, test } from "node:test";
import { connect } from "node:tls";
import { type TestCertificate, TestCertificates } from "@sluice/harness";
import { ControlPlane } from "@sluice/xds/testing";
import { eventually, ProxyProcess } from "../server/proxy-process-fixture.ts";

const SECRET = "envoy.extensions.transport_sockets.tls.v3.Secret";

const certificates = new TestCertificates();
after(() => certificates.remove());
const first = certificates.create("first", { names: "DNS:a.test" });
const second = certificates.create("second", { names: "DNS:a.test" });

const secretYaml = (name: string, { certificate, key }: TestCertificate): string =>
  `{name: ${name}, tls_certificate: {certificate_chain: {inline_string: ${JSON.stringify(certificate)}}, private_key: {inline_string: ${JSON.stringify(key)}}}}`;

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
  const control = new ControlPlane();
  await control.start();
  const publish = (version: string, byAds: string, byGrpc: string): void =>
    control.publish({ [SECRET]: { "by-ads": byAds, "by-grpc": byGrpc } }, version);
  publish("v1", secretYaml("by-ads", first), secretYaml("by-grpc", first));
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
    publish("v2", broken, secretYaml("by-grpc", second));
    const nack = await eventually("a NACK", () => control.refusal(SECRET, "v2"));
    assert.match(nack, /by-ads: tls_certificate.private_key: does not belong to the certificate/);
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
