import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { after, before, test } from "node:test";
import { createSecureContext, createServer as createTlsServer } from "node:tls";
import type { DnsRecord } from "@sluice/config";
import { parseOutboundPolicy } from "@sluice/config/outbound";
import { createAcmeTlsCertificate, createServerRequest } from "@sluice/join/certificates";
import { startDnsServer, type TestDnsServer } from "../testing/start-dns-server.ts";
import { type DnsWebhook, startDnsWebhook } from "../testing/start-dns-webhook.ts";
import { type Pebble, pebbleUnavailable, startPebble } from "../testing/start-pebble.ts";
import { AcmeClient } from "./acme-client.ts";
import { awaitRecord } from "./dns/await-record.ts";
import { NameServers } from "./dns/name-servers.ts";
import { webhookPublisher } from "./dns/webhook-publisher.ts";
import type { Prover } from "./prover.ts";

const skip = await pebbleUnavailable();
const outbound = parseOutboundPolicy("127.0.0.1");
const { signal } = new AbortController();
const KEY = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const DAY_MS = 86_400_000;

let dns: TestDnsServer;
let webhook: DnsWebhook;
let pebble: Pebble;
let client: AcmeClient;
let [web, tls]: Server[] = [];
const answers = new Map<string, string>();
const certificates = new Map<string, { readonly cert: string; readonly key: string }>();

before(async () => {
  if (skip !== false) return;
  web = createServer((request, response) => response.end(answers.get(request.url ?? "")));
  tls = createTlsServer(
    {
      ALPNProtocols: ["acme-tls/1"],
      SNICallback: (name, done) => done(null, contextOf(name)),
    },
    (socket) => socket.end(),
  );
  dns = await startDnsServer();
  webhook = await startDnsWebhook(KEY, dns);
  pebble = await startPebble({
    httpPort: await listen(web),
    tlsPort: await listen(tls),
    addressOf: () => "127.0.0.1",
    dnsServer: dns.address,
  });
  const { directoryUrl, trust } = pebble;
  const access = {
    name: "pebble",
    directoryUrl,
    trust,
    email: undefined,
    binding: undefined,
    account: undefined,
  };
  client = new AcmeClient(access, outbound, signal);
  await client.register();
});

after(async () => {
  await pebble?.close();
  await webhook?.close();
  await dns?.close();
  for (const server of [web, tls]) server?.close();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return (server.address() as AddressInfo).port;
}

function contextOf(name: string) {
  const found = certificates.get(name);
  return found === undefined ? undefined : createSecureContext(found);
}

const overHttp: Prover = {
  type: "http-01",
  async present(challenges) {
    for (const { token, keyAuthorization } of challenges)
      answers.set(`/.well-known/acme-challenge/${token}`, keyAuthorization);
  },
  async withdraw() {
    answers.clear();
  },
};

const overTls: Prover = {
  type: "tls-alpn-01",
  async present(challenges) {
    for (const { identifier, keyAuthorization } of challenges) {
      const hash = createHash("sha256").update(keyAuthorization).digest();
      const made = await createAcmeTlsCertificate(identifier, hash, new Date(), DAY_MS);
      certificates.set(identifier, { cert: made.certificatePem, key: made.keyPem });
    }
  },
  async withdraw() {
    certificates.clear();
  },
};

function overDns(deadlineMs = 30_000): Prover & { readonly records: DnsRecord[] } {
  const settings = { kind: "webhook", url: webhook.url, nameServers: [dns.address] } as const;
  const provider = { name: "hook", secret: KEY, settings };
  const publisher = webhookPublisher(provider, { outbound, signal, now: () => new Date() });
  const servers = new NameServers({ outbound, instead: settings.nameServers });
  const records: DnsRecord[] = [];
  return {
    type: "dns-01",
    records,
    async present(challenges) {
      for (const { identifier, keyAuthorization } of challenges) {
        const value = createHash("sha256").update(keyAuthorization).digest("base64url");
        records.push({ name: `_acme-challenge.${identifier}.`, value });
      }
      for (const record of records) await publisher.present(record);
      for (const record of records) await awaitRecord(servers, record, { deadlineMs, signal });
    },
    async withdraw() {
      for (const record of records) await publisher.cleanUp(record);
    },
  };
}

async function order(names: readonly string[], prover: Prover, keyType?: "ec-p384" | "rsa-2048") {
  const { request } = await createServerRequest(names, keyType);
  return new X509Certificate(await client.order(names, request, prover));
}

test("a certificate is got by HTTP-01, with the key that was asked for", { skip }, async () => {
  const got = await order(["shop.example", "www.shop.example"], overHttp, "rsa-2048");
  assert.equal(got.subjectAltName, "DNS:shop.example, DNS:www.shop.example");
  assert.equal(got.publicKey.asymmetricKeyDetails?.modulusLength, 2048);
  assert.equal(answers.size, 0);
});

test("the certificate that answers TLS-ALPN-01 is what the authority wants to see", { skip }, async () => {
  const got = await order(["shop.example", "www.shop.example"], overTls, "ec-p384");
  assert.equal(got.publicKey.asymmetricKeyDetails?.namedCurve, "secp384r1");
  assert.equal(certificates.size, 0);
});

test("a wildcard is got by DNS-01, whose records a signed webhook puts up and takes away", {
  skip,
}, async () => {
  const got = await order(["*.shop.example"], overDns());
  assert.equal(got.subjectAltName, "DNS:*.shop.example");
  assert.deepEqual(webhook.calls, [
    "present _acme-challenge.shop.example.",
    "cleanup _acme-challenge.shop.example.",
  ]);
  await assert.rejects(order(["*.shop.example"], overHttp), {
    name: "AcmeError",
    message: "shop.example: the authority takes no proof by http-01",
  });
});
