import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { TestCertificates } from "@sluice/harness";
import { clusterYaml, ProxyProcess } from "../server/proxy-process-fixture.ts";

const certificates = TestCertificates.ofProcess();
const own = certificates.create("dumped", { names: "DNS:own.test" });
const TYPE = "type.googleapis.com/envoy.extensions";

/** No HTTP connection manager, no name of the listener, a secret in files. */
const bootstrap = (directory: string): string => `
admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }
node: { id: configured, locality: { zone: here } }
static_resources:
  secrets:
  - { name: own, tls_certificate: { certificate_chain: { filename: "${directory}/own.pem" }, private_key: { filename: "${directory}/own.key" } } }
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - { name: tcp, typed_config: { "@type": ${TYPE}.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: tcp, cluster: web } }
      transport_socket: { name: tls, typed_config: { "@type": ${TYPE}.transport_sockets.tls.v3.DownstreamTlsContext, common_tls_context: { tls_certificate_sds_secret_configs: [{ name: own }] } } }
  clusters:
  - ${clusterYaml("web", 1)}
`;

test("the configuration is shown as it was given, and files of secrets by name", async () => {
  const directory = mkdtempSync(join(tmpdir(), "sluice-config-dump-"));
  writeFileSync(join(directory, "own.pem"), own.certificate);
  writeFileSync(join(directory, "own.key"), own.key);
  const proxy = new ProxyProcess(bootstrap(directory), [
    "--service-node",
    "flag",
    "--service-cluster",
    "flag",
    "--service-zone",
    "flag",
  ]);
  try {
    await proxy.live();
    const { configs } = JSON.parse((await proxy.admin("/config_dump")).body);
    const kinds = configs.map((each: { readonly "@type": string }) => each["@type"].split(".").at(-1));
    assert.deepEqual(kinds, [
      "BootstrapConfigDump",
      "ClustersConfigDump",
      "ListenersConfigDump",
      "SecretsConfigDump",
    ]);
    const [{ bootstrap: shown }, , { static_listeners: listeners }] = configs;
    assert.deepEqual([shown.node.id, shown.node.cluster], ["configured", undefined]);
    assert.deepEqual(shown.node.locality, { zone: "here" });
    assert.deepEqual(
      [shown.static_resources.listeners[0].name, listeners[0].listener.name],
      [undefined, undefined],
    );
    const info = JSON.parse((await proxy.admin("/server_info")).body);
    assert.deepEqual([info.node.id, info.node.locality.zone], ["flag", "flag"]);
    const certs = JSON.parse((await proxy.admin("/certs")).body);
    assert.equal(certs.certificates[0].cert_chain[0].path, join(directory, "own.pem"));
    assert.match((await proxy.admin("/listeners")).body, /^[0-9a-f-]{36}::127\.0\.0\.1:\d+\n$/);
    const names = (await proxy.admin("/stats")).body;
    assert.match(names, /^envoy\.overload_actions\.reset_high_memory_stream\.count: 0$/m);
    assert.match(names, /^filesystem\.write_buffered: 0$/m);
  } finally {
    await proxy.stop();
    rmSync(directory, { recursive: true });
  }
});
