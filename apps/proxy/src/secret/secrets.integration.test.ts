import assert from "node:assert/strict";
import { cpSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { type TestCertificate, TestCertificates } from "@sluice/harness";
import { eventually, ProxyProcess } from "../server/proxy-process-fixture.ts";

const certificates = new TestCertificates();
after(() => certificates.remove());
const first = certificates.create("first", { names: "DNS:a.test" });
const second = certificates.create("second", { names: "DNS:a.test" });
const directory = certificates.directory;

/** As a mounted Kubernetes secret: `tls.crt` → `..data/tls.crt`, `..data` → a directory that is swapped. */
function mount(version: string, certificate: TestCertificate, key: TestCertificate = certificate): void {
  mkdirSync(join(directory, version));
  writeFileSync(join(directory, version, "tls.crt"), certificate.certificate);
  writeFileSync(join(directory, version, "tls.key"), key.key);
  symlinkSync(version, join(directory, "..data_tmp"));
  renameSync(join(directory, "..data_tmp"), join(directory, "..data"));
}

function bootstrap(): string {
  writeFileSync(
    join(directory, "sds.yaml"),
    `version_info: "7"
resources:
- "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret
  name: server
  tls_certificate:
    certificate_chain: {filename: "${join(directory, "tls.crt")}"}
    private_key: {filename: "${join(directory, "tls.key")}"}
`,
  );
  return `
node: {id: node1, cluster: nodes}
admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
static_resources:
  secrets: [{name: generic, generic_secret: {secret: {inline_string: hush-hush}}}]
  listeners:
  - name: main
    address: {socket_address: {address: 127.0.0.1, port_value: 0}}
    filter_chains:
    - transport_socket:
        name: tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
          common_tls_context:
            tls_certificate_sds_secret_configs:
            - name: server
              sds_config: {path_config_source: {path: "${join(directory, "sds.yaml")}"}, resource_api_version: V3}
      filters:
      - {name: echo, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo}}
`;
}

function open(port: number): Promise<{ readonly socket: TLSSocket; readonly name: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () =>
      resolve({ socket, name: String(socket.getPeerCertificate().subject.CN) }),
    );
    socket.on("error", reject);
  });
}

async function nameOf(port: number): Promise<string> {
  const { socket, name } = await open(port);
  socket.destroy();
  return name;
}

test("a certificate is rotated by files behind a swapped link: old connections stay, half a rotation waits, nothing secret shows", async () => {
  mount("..1", first);
  for (const file of ["tls.crt", "tls.key"]) symlinkSync(join("..data", file), join(directory, file));
  const proxy = new ProxyProcess(bootstrap());
  try {
    await proxy.live();
    const port = await proxy.listenerPort("main");
    const { socket, name } = await open(port);
    assert.equal(name, "first");

    mount("..2", second, first);
    await eventually("a failed rotation", async () =>
      (await proxy.stat("sds.server.key_rotation_failed")) > 0 ? true : undefined,
    );
    assert.equal(await nameOf(port), "first");

    mount("..3", second);
    await eventually("the new certificate", async () =>
      (await nameOf(port)) === "second" ? true : undefined,
    );
    const echoed = new Promise((resolve) =>
      socket.once("data", (chunk: Buffer) => resolve(chunk.toString())),
    );
    socket.write("still here");
    assert.equal(await echoed, "still here");
    socket.destroy();

    const certs = await proxy.admin("/certs");
    assert.match(certs.body, /"dns": "a\.test"/);
    const dump = await proxy.admin("/config_dump");
    assert.match(dump.body, /"dynamic_active_secrets"/);
    assert.match(dump.body, /\[redacted\]/);
    const shown = dump.body + proxy.output;
    const key = second.key.split("\n")[1] ?? "";
    for (const secret of ["hush-hush", key, Buffer.from(second.key).toString("base64").slice(40, 80)])
      assert.ok(!shown.includes(secret));
  } finally {
    await proxy.stop();
  }
});

test("a secret's file must be there, and without the secret in it a listener refuses handshakes until it is", async () => {
  const path = join(directory, "late.yaml");
  const yaml = bootstrap()
    .replaceAll(join(directory, "sds.yaml"), path)
    .replace("resource_api_version: V3", "resource_api_version: V3, initial_fetch_timeout: 0.1s");
  const refused = new ProxyProcess(yaml);
  await assert.rejects(refused.live(), /late\.yaml' does not exist/);
  await refused.stop();
  writeFileSync(path, "resources: []");
  const proxy = new ProxyProcess(yaml);
  try {
    await proxy.live();
    const port = await proxy.listenerPort("main");
    await assert.rejects(open(port));
    const address = `127.0.0.1_0.server_ssl_socket_factory.downstream_context_secrets_not_ready`;
    await eventually("the refusal", async () =>
      (await proxy.stat(`listener.${address}`)) === 1 ? true : undefined,
    );
    cpSync(join(directory, "sds.yaml"), `${path}.new`);
    renameSync(`${path}.new`, path);
    await eventually("a handshake", async () =>
      nameOf(port).then(
        (name) => (name === "second" ? true : undefined),
        () => undefined,
      ),
    );
  } finally {
    await proxy.stop();
  }
});
