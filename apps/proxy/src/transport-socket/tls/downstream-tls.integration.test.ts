import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { connect as connectTcp, createServer, type Server } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type ConnectionOptions, connect } from "node:tls";
import type { TlsInfo } from "@sluice/extension-api";
import { TestCertificates, waitFor } from "@sluice/harness";
import { portOf } from "../../server/proxy-process-fixture.ts";
import type { DownstreamTransportSocket } from "../downstream-transport-socket.ts";
import { compileDownstream, downstreamRefusalOf } from "../testing/compile-downstream.ts";

const certificates = new TestCertificates();
const ca = certificates.create("ca", { ca: true });
const sign = { issuer: ca };
const exact = certificates.create("exact", { ...sign, names: "DNS:exact.test" });
const wild = certificates.create("wild", { ...sign, names: "DNS:*.wild.test" });
const rsa = certificates.create("rsa", { ...sign, names: "DNS:exact.test", rsa: true });
const client = certificates.create("client", {
  ...sign,
  subject: "/C=US/O=Acme/CN=client",
  names: "URI:spiffe://acme/client,DNS:client.test,otherName:1.2.3.4;UTF8:someone",
});
const expired = certificates.create("expired", { ...sign, days: -1, names: "DNS:client.test" });
const stranger = certificates.create("stranger", { names: "DNS:client.test" });
after(() => certificates.remove());

const tlsCertificate = (one: typeof exact) => ({
  certificate_chain: { filename: one.certificatePath },
  private_key: { inline_string: one.key },
});

interface Outcome {
  readonly tls: TlsInfo | undefined;
  readonly reason: string | undefined;
}

describe("TLS on a listener", () => {
  let server: Server;
  let port = 0;
  let socket: DownstreamTransportSocket;
  let outcomes: Outcome[] = [];
  const waiting: ((outcome: Outcome) => void)[] = [];
  const tell = (outcome: Outcome): void => {
    outcomes.push(outcome);
    for (const each of waiting.splice(0)) each(outcome);
  };

  before(async () => {
    server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (raw) => {
      socket.accept(raw, {
        onReady: (ready, tls) => {
          tell({ tls, reason: undefined });
          ready.on("error", () => {});
          ready.on("data", (chunk: Buffer) => ready.end(chunk));
          ready.on("end", () => ready.end());
          ready.resume();
        },
        onFailure: (reason) => tell({ tls: undefined, reason }),
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = portOf(server.address());
  });
  after(() => new Promise((resolve) => server.close(resolve)));

  /** What the client sees of a handshake and an echoed byte, and what the server made of it. */
  async function shake(options: ConnectionOptions = {}) {
    outcomes = [];
    const outcome = new Promise<Outcome>((resolve) => waiting.push(resolve));
    const seen = await new Promise<{
      subject: string;
      alpn: string | false | null;
      echo: string;
      error: string;
      version: string | null;
    }>((resolve) => {
      const result = {
        subject: "",
        alpn: null as string | false | null,
        echo: "",
        error: "",
        version: null as string | null,
      };
      const tls = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
      tls.on("secureConnect", () => {
        result.subject = String(tls.getPeerCertificate().subject?.CN ?? "");
        result.alpn = tls.alpnProtocol;
        result.version = tls.getProtocol();
        tls.write("x");
      });
      tls.on("data", (chunk: Buffer) => {
        result.echo += chunk.toString();
      });
      tls.on("error", (error) => {
        result.error = error.message;
      });
      tls.on("close", () => resolve(result));
    });
    return { ...seen, ...(await outcome) };
  }

  const use = (config: object): void => {
    socket = compileDownstream(config);
  };

  it("picks the certificate by SNI, exact before wildcard before the first, ECDSA where the client can", async () => {
    use({
      common_tls_context: { tls_certificates: [rsa, wild, exact].map(tlsCertificate) },
    });
    assert.equal((await shake({ servername: "exact.test" })).subject, "exact");
    assert.equal((await shake({ servername: "a.wild.test" })).subject, "wild");
    assert.equal((await shake({ servername: "other.test" })).subject, "rsa");
    assert.equal((await shake({})).subject, "wild");
    const rsaOnly = { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES128-GCM-SHA256" } as const;
    assert.equal((await shake({ servername: "exact.test", ...rsaOnly })).subject, "rsa");
    use({
      full_scan_certs_on_sni_mismatch: true,
      common_tls_context: { tls_certificates: [rsa, wild].map(tlsCertificate) },
    });
    const scanned = await shake({ servername: "other.test" });
    assert.equal(scanned.subject, "wild");
    assert.equal(scanned.echo, "x");
    assert.equal(scanned.tls?.requestedServerName, "other.test");
  });

  it("agrees on an application protocol, or goes on without one", async () => {
    use({
      common_tls_context: { tls_certificates: [tlsCertificate(exact)], alpn_protocols: ["h2", "http/1.1"] },
    });
    assert.equal((await shake({ ALPNProtocols: ["http/1.1", "h2"] })).tls?.alpn, "h2");
    const none = await shake({ ALPNProtocols: ["foo"] });
    assert.equal(none.tls?.alpn, undefined);
    assert.equal(none.echo, "x");
  });

  it("waits for the CA of a combined validation context, whose names are nothing without it", () => {
    use({
      common_tls_context: {
        tls_certificates: [tlsCertificate(exact)],
        combined_validation_context: {
          default_validation_context: {
            match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: "client.test" } }],
          },
          validation_context_sds_secret_config: {
            name: "ca",
            sds_config: { ads: {}, resource_api_version: "V3" },
          },
        },
      },
    });
  });

  it("keeps to the configured versions", async () => {
    use({
      common_tls_context: {
        tls_certificates: [tlsCertificate(exact)],
        tls_params: { tls_maximum_protocol_version: "TLSv1_2" },
      },
    });
    assert.equal((await shake()).version, "TLSv1.2");
    const refused = await shake({ minVersion: "TLSv1.3" });
    assert.equal(
      refused.reason,
      "TLS_error:|268435696:SSL routines:OPENSSL_internal:UNSUPPORTED_PROTOCOL:TLS_error_end",
    );
  });

  it("asks for client certificates and says why it refuses one", async () => {
    use({
      require_client_certificate: true,
      common_tls_context: {
        tls_certificates: [tlsCertificate(exact)],
        validation_context: {
          trusted_ca: { filename: ca.certificatePath },
          match_typed_subject_alt_names: [
            { san_type: "URI", matcher: { prefix: "spiffe://acme/" } },
            { san_type: "OTHER_NAME", oid: "1.2.9", matcher: { exact: "someone" } },
          ],
        },
      },
    });
    const good = await shake({ cert: client.certificate, key: client.key });
    assert.equal(good.echo, "x");
    assert.equal(good.tls?.subjectPeer, "CN=client,O=Acme,C=US");
    assert.equal(good.tls?.peer?.issuer, "CN=ca");
    assert.equal(good.tls?.peerCertificateValidated, true);
    assert.deepEqual(good.tls?.uriSanPeer, ["spiffe://acme/client"]);
    assert.deepEqual(good.tls?.dnsSanPeer, ["client.test"]);
    assert.deepEqual(good.tls?.peer?.otherNameSans, ["someone"]);
    assert.match(good.tls?.sha256PeerCertificateDigest ?? "", /^[0-9a-f]{64}$/);
    const failures: readonly [ConnectionOptions, RegExp][] = [
      [{}, /:PEER_DID_NOT_RETURN_A_CERTIFICATE:peer did not provide required client certificate:/],
      [
        { cert: stranger.certificate, key: stranger.key },
        /CERTIFICATE_VERIFY_FAILED:verify cert failed: X509/,
      ],
      [{ cert: expired.certificate, key: expired.key }, /at depth 0: certificate has expired:TLS_error_end$/],
      [{ cert: rsa.certificate, key: rsa.key }, /SAN matcher, certificate SANs are \[.*exact.test\]/],
    ];
    for (const [options, reason] of failures) {
      const refused = await shake(options);
      assert.equal(refused.tls, undefined);
      assert.match(refused.reason ?? "", reason);
      assert.equal(refused.echo, "");
    }
  });

  it("takes expired certificates of the trusted CA where that is allowed, and no others", async () => {
    use({
      require_client_certificate: true,
      common_tls_context: {
        tls_certificates: [tlsCertificate(exact)],
        validation_context: { trusted_ca: { filename: ca.certificatePath }, allow_expired_certificate: true },
      },
    });
    const strangerExpired = certificates.create("stranger-expired", { days: -1 });
    assert.equal((await shake({ cert: expired.certificate, key: expired.key })).echo, "x");
    assert.equal((await shake({ cert: strangerExpired.certificate, key: strangerExpired.key })).echo, "");
  });

  it("pins certificates by hash or key, without a CA", async () => {
    const hash = (await shakeClientHash()) ?? "";
    use({
      common_tls_context: {
        tls_certificates: [tlsCertificate(exact)],
        validation_context: { verify_certificate_hash: [hash] },
      },
    });
    assert.equal((await shake({ cert: client.certificate, key: client.key })).echo, "x");
    const refused = await shake({ cert: stranger.certificate, key: stranger.key });
    assert.match(refused.reason ?? "", /verify cert failed: cert hash and spki/);
  });

  async function shakeClientHash(): Promise<string | undefined> {
    use({
      common_tls_context: {
        tls_certificates: [tlsCertificate(exact)],
        validation_context: { trust_chain_verification: "ACCEPT_UNTRUSTED" },
      },
    });
    const { tls } = await shake({ cert: client.certificate, key: client.key });
    assert.equal(tls?.peerCertificateValidated, false);
    return tls?.sha256PeerCertificateDigest;
  }

  it("writes session keys to a file, for the addresses that are asked for", async () => {
    const path = join(certificates.directory, "keys.log");
    const common = { tls_certificates: [tlsCertificate(exact)] };
    use({
      common_tls_context: {
        ...common,
        key_log: { path, remote_address_range: [{ address_prefix: "10.0.0.0", prefix_len: 8 }] },
      },
    });
    await shake();
    assert.equal(readFileSync(path, "utf8"), "");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    use({
      common_tls_context: {
        ...common,
        key_log: { path, local_address_range: [{ address_prefix: "127.0.0.0", prefix_len: 8 }] },
      },
    });
    await shake();
    await waitFor("the keys", () => readFileSync(path, "utf8").includes("TRAFFIC_SECRET_0"));
  });

  it("opens a PKCS#12 archive, and takes a key with a password", async () => {
    const archive = join(certificates.directory, "exact.p12");
    const encrypted = join(certificates.directory, "exact.enc");
    const input = ["-in", exact.certificatePath, "-inkey", exact.keyPath];
    execFileSync("openssl", ["pkcs12", "-export", ...input, "-out", archive, "-passout", "pass:word"]);
    execFileSync(
      "openssl",
      ["ec", "-in", exact.keyPath, "-aes256", "-passout", "pass:word", "-out", encrypted],
      {
        stdio: "ignore",
      },
    );
    const password = { inline_string: "word" };
    use({ common_tls_context: { tls_certificates: [{ pkcs12: { filename: archive }, password }] } });
    assert.equal((await shake({ servername: "exact.test" })).subject, "exact");
    const chain = { filename: exact.certificatePath };
    use({
      common_tls_context: {
        tls_certificates: [{ certificate_chain: chain, private_key: { filename: encrypted }, password }],
      },
    });
    assert.equal((await shake()).subject, "exact");
  });

  it("is refused with keys, curves and protocol names that BoringSSL does not take", () => {
    const refusal = (common: object) => downstreamRefusalOf({ common_tls_context: common });
    const at = "transport_socket.typed_config.common_tls_context";
    const small = certificates.create("small", { curve: "P-224" });
    assert.equal(
      refusal({ tls_certificates: [tlsCertificate(small)] }),
      `${at}.tls_certificates[0].certificate_chain: only P-256, P-384 and P-521 ECDSA certificates are supported`,
    );
    const larger = certificates.create("larger", { curve: "P-384" });
    const taken = { tls_certificates: [tlsCertificate(larger)] };
    assert.equal(refusal(taken), "");
    assert.equal(
      refusal({ ...taken, tls_params: { ecdh_curves: ["P-224", "P-256"] } }),
      `${at}.tls_params.ecdh_curves: 'P-224' is not a curve known here`,
    );
    assert.equal(
      refusal({ ...taken, alpn_protocols: ["h2", "a".repeat(256)] }),
      `${at}.alpn_protocols[1]: Invalid ALPN protocol string`,
    );
    assert.equal(
      refusal({ ...taken, tls_params: { ecdh_curves: ["P-384"] }, alpn_protocols: ["a".repeat(255)] }),
      "",
    );
  });

  it("resumes a session with a ticket", async () => {
    use({ common_tls_context: { tls_certificates: [tlsCertificate(exact)] } });
    const session = await new Promise<Buffer>((resolve, reject) => {
      const tls = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
      tls.on("session", resolve);
      tls.on("session", () => tls.end());
      tls.on("error", reject);
    });
    const { tls } = await shake({ session });
    assert.equal(tls?.sessionReused, true);
  });

  it("says that what came was no TLS, and survives a client that leaves", async () => {
    const outcome = new Promise<Outcome>((resolve) => waiting.push(resolve));
    const plain = connectTcp(port, "127.0.0.1", () => plain.write("GET / HTTP/1.1\r\n\r\n"));
    plain.on("error", () => {});
    assert.equal(
      (await outcome).reason,
      "TLS_error:|268435612:SSL routines:OPENSSL_internal:HTTP_REQUEST:TLS_error_end",
    );
    plain.destroy();
    const gone = new Promise<Outcome>((resolve) => waiting.push(resolve));
    const leaving = connectTcp(port, "127.0.0.1", () => {
      leaving.write(Buffer.from([22, 3, 1, 0, 200]), () => leaving.destroy());
    });
    assert.equal((await gone).reason, "");
  });

  it("gives up a handshake whose client leaves in the middle of it", async () => {
    use({ common_tls_context: { tls_certificates: [tlsCertificate(exact)] } });
    const hello = await clientHello();
    /** Says hello, and ends behind it or when the server has answered. */
    const leave = async (answered: boolean): Promise<string | undefined> => {
      const gone = new Promise<Outcome>((resolve) => waiting.push(resolve));
      const leaving = connectTcp(port, "127.0.0.1");
      leaving.on("error", () => {});
      if (answered) {
        leaving.write(hello);
        leaving.once("data", () => leaving.end());
      } else leaving.end(hello);
      const { reason } = await gone;
      leaving.destroy();
      return reason;
    };
    assert.equal(await leave(true), "");
    assert.equal(await leave(false), "");
  });

  /** What a client opens a handshake with. */
  async function clientHello(): Promise<Buffer> {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const hello = new Promise<Buffer>((resolve) => {
      listener.on("connection", (socket) => {
        socket.once("data", (chunk: Buffer) => {
          socket.destroy();
          resolve(chunk);
        });
      });
    });
    connect({ port: portOf(listener.address()), host: "127.0.0.1" }).on("error", () => listener.close());
    return hello;
  }
});
