import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createServer, type Server } from "node:tls";
import { connectRaw, type RunningProxy, startSluiceProxy, TestCertificates } from "@sluice/harness";

const TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
const HTTP = "type.googleapis.com/envoy.extensions.filters";

describe("system_root_certs", () => {
  const certificates = new TestCertificates();
  const ca = certificates.create("system-ca", { ca: true });
  const other = certificates.create("other-ca", { ca: true });
  const servers: Server[] = [];
  let proxy: RunningProxy;

  async function upstream(issuer: typeof ca, name: string): Promise<number> {
    const { certificate: cert, key } = certificates.create(`server-${servers.length}`, {
      issuer,
      names: `DNS:${name}`,
    });
    const server = createServer({ cert, key }, (socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end("HTTP/1.1 204 No Content\r\n\r\n"));
    });
    server.on("tlsClientError", () => {});
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  before(async () => {
    const cluster = async (name: string, port: Promise<number>, more = ""): Promise<string> => `
  - name: ${name}
    load_assignment: { cluster_name: ${name}, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${await port} } } } }] }] }
    transport_socket:
      name: tls
      typed_config:
        "@type": ${TLS}
        common_tls_context: { validation_context: { system_root_certs: {}, match_typed_subject_alt_names: [{ san_type: DNS, matcher: { exact: good.test } }]${more} } }`;
    const clusters = [
      await cluster("known", upstream(ca, "good.test")),
      await cluster("unknown", upstream(other, "good.test")),
      await cluster("misnamed", upstream(ca, "bad.test")),
      await cluster(
        "beside",
        upstream(ca, "good.test"),
        `, trusted_ca: { filename: ${JSON.stringify(other.certificatePath)} }`,
      ),
    ];
    proxy = await startSluiceProxy({
      env: { SSL_CERT_FILE: ca.certificatePath, SSL_CERT_DIR: "/nowhere" },
      yaml: `
static_resources:
  listeners:
  - name: main
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": ${HTTP}.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: main
          route_config: { virtual_hosts: [{ name: all, domains: ["*"], routes: [{ match: { prefix: / }, route: { cluster_header: x-cluster } }] }] }
          http_filters: [{ name: router, typed_config: { "@type": ${HTTP}.http.router.v3.Router } }]
  clusters:${clusters.join("")}
`,
    });
  });
  after(async () => {
    await proxy.close();
    for (const server of servers) server.close();
    certificates.remove();
  });

  async function ask(cluster: string): Promise<number> {
    const client = await connectRaw(await proxy.listenerPort("main"));
    client.write(`GET / HTTP/1.1\r\nhost: a\r\nx-cluster: ${cluster}\r\n\r\n`);
    const { status } = await client.response();
    client.destroy();
    return status;
  }

  it("trusts whom the system trusts, unless there is a trusted_ca", async () => {
    const seen: Record<string, number> = {};
    for (const cluster of ["known", "unknown", "misnamed", "beside"]) seen[cluster] = await ask(cluster);
    assert.deepEqual(seen, { known: 204, unknown: 503, misnamed: 503, beside: 503 });
    const stats = await proxy.stats("fail_verify");
    assert.equal(stats.get("cluster.unknown.ssl.fail_verify_error"), 1);
    assert.equal(stats.get("cluster.misnamed.ssl.fail_verify_san"), 1);
    assert.equal(stats.get("cluster.beside.ssl.fail_verify_error"), 1);
  });
});
