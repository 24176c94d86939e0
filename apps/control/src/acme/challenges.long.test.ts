import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import {
  type Context,
  getCertificates,
  listManaged,
  type ManagedCertificate,
  publish,
  putAuthority,
  putDnsProvider,
  putResource,
  renewCertificate,
  requestCertificate,
} from "@sluice/config";
import { freePort, installedEnvoy, type RunningProxy, waitFor } from "@sluice/harness";
import { type ControlDatabase, startControlDatabase } from "../testing/start-control-database.ts";
import { type ControlProcess, startControlProcess } from "../testing/start-control-process.ts";
import { startDnsServer, type TestDnsServer } from "../testing/start-dns-server.ts";
import { type DnsWebhook, startDnsWebhook } from "../testing/start-dns-webhook.ts";
import { startNode } from "../testing/start-node.ts";
import { type Pebble, pebbleMissing, startPebble } from "../testing/start-pebble.ts";

const PATIENT = { deadlineMs: 120_000 };
const SHOP = "automatic:shop.example,www.shop.example";
const WILD = "automatic:*.wild.example";
const skip = pebbleMissing;
const withEnvoy = skip !== false || installedEnvoy() === undefined ? "there is no envoy on the PATH" : false;

let database: ControlDatabase;
let context: Context;
let control: ControlProcess;
let pebble: Pebble;
let dns: TestDnsServer;
let webhook: DnsWebhook | undefined;
let httpsPort = 0;
const nodes = new Map<string, RunningProxy>();

before(async () => {
  if (skip !== false) return;
  database = await startControlDatabase();
  ({ context } = database);
  httpsPort = await freePort();
  dns = await startDnsServer();
  pebble = await startPebble({ tlsPort: httpsPort, addressOf: () => "127.0.0.1", dnsServer: dns.address });
  control = await startControlProcess(database.url, 0, { SLUICE_OUTBOUND_ALLOW: "127.0.0.1" });
  const { directoryUrl, trust } = pebble;
  await putAuthority(context, { name: "pebble", directoryUrl, trust, termsAgreed: true });
  await addNode("sluice");
});

after(async () => {
  for (const node of nodes.values()) await node.close();
  await control?.process.stop();
  await pebble?.close();
  await webhook?.close();
  await dns?.close();
  await database?.close();
});

async function addNode(product: "sluice" | "envoy"): Promise<void> {
  const controlPort = control.xdsPort;
  nodes.set(product, await startNode({ id: product, product, controlPort, labels: {} }));
}

async function stopNode(product: "sluice" | "envoy"): Promise<void> {
  await nodes.get(product)?.close();
  nodes.delete(product);
}

/** A chain for the name, and one for all others: both must serve on while the name is proven. */
function listener(): string {
  const chain = (match: string, certificate: string) => `  - ${match}
    filters:
      - name: envoy.filters.network.echo
        typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo }
    transport_socket:
      name: envoy.transport_sockets.tls
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
        common_tls_context:
          tls_certificate_sds_secret_configs:
            - { name: "${certificate}", sds_config: { ads: {}, resource_api_version: V3 } }
`;
  return `name: secure
address: { socket_address: { address: 127.0.0.1, port_value: ${httpsPort} } }
filter_chains:
${chain(`filter_chain_match: { server_names: ["*.wild.example"] }`, WILD)}${chain("name: rest", SHOP)}`;
}

interface Served {
  readonly issuer: string;
  readonly serial: string;
}

function served(servername: string): Promise<Served> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: httpsPort, servername, rejectUnauthorized: false });
    socket.setTimeout(10_000, () => socket.destroy(new Error("no handshake in time")));
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      const { issuer, serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      resolve({ issuer: String(issuer.CN), serial: serialNumber });
    });
  });
}

/** A connection that goes on: answers whether it still echoes. */
async function openEcho(servername: string): Promise<{ echoes(): Promise<boolean>; close(): void }> {
  const socket = connect({ host: "127.0.0.1", port: httpsPort, servername, rejectUnauthorized: false });
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  return {
    async echoes() {
      const answer = Promise.race([once(socket, "data"), once(socket, "close").then(() => undefined)]);
      socket.write("still there?");
      return (await answer) !== undefined;
    },
    close: () => socket.destroy(),
  };
}

/** Renews, while a client of the same listener stays connected. */
async function renewBesideClient(): Promise<void> {
  const client = await openEcho("shop.example");
  const [before, since] = [await served("shop.example"), new Date()];
  await renewCertificate(context, SHOP);
  await untilIssued(SHOP, since);
  await untilServed("the renewed one", "shop.example", ({ serial }) => serial !== before.serial);
  assert.equal(await client.echoes(), true);
  client.close();
}

async function untilServed(what: string, servername: string, good: (found: Served) => boolean) {
  await waitFor(what, async () => good(await served(servername)), PATIENT);
}

async function untilIssued(name: string, since = new Date(0)): Promise<ManagedCertificate> {
  return await waitFor(
    `a certificate for ${name}`,
    async () => {
      const found = (await listManaged(context)).find((each) => each.name === name);
      if (found?.lastError !== undefined && (found.triedAt ?? since) > since)
        throw new Error(`${found.lastError}\n${control.process.output().slice(-2000)}`);
      return found?.state === "issued" && (found.triedAt ?? since) > since ? found : undefined;
    },
    PATIENT,
  );
}

test("nodes prove a name by TLS-ALPN-01 on the port that they serve it on, and take nothing from it", {
  skip,
}, async () => {
  await requestCertificate(context, {
    names: ["shop.example", "www.shop.example"],
    challenge: "tls-alpn-01",
  });
  await putResource(context, { kind: "listeners", yaml: listener() });
  await publish(context, { message: "tls" });
  await untilServed("certificates of Pebble", "shop.example", ({ issuer }) => issuer.startsWith("Pebble"));
  const { challenge } = await untilIssued(SHOP);
  assert.equal(challenge, "tls-alpn-01");
  await untilServed(
    "the wildcard's own",
    "a.wild.example",
    ({ issuer }) => issuer === "Temporary certificate",
  );
});

test("clients of the listener stay connected while its name is proven", { skip }, renewBesideClient);

test("which nodes serve an automatic certificate is seen by their own stats", { skip }, async () => {
  await waitFor(
    "the node to be seen",
    async () => {
      const [certificate] = await getCertificates(context, { kind: "secrets", name: SHOP });
      return certificate?.nodes.some(({ id, state }) => id === "sluice" && state === "effective");
    },
    PATIENT,
  );
});

test("a stock Envoy answers TLS-ALPN-01 just so", { skip: withEnvoy }, async () => {
  await stopNode("sluice");
  await addNode("envoy");
  await untilServed("Envoy to serve", "shop.example", ({ issuer }) => issuer.startsWith("Pebble"));
  await renewBesideClient();
});

test("both kinds of node on one address are waited for, whichever the authority reaches", {
  skip: withEnvoy,
}, async () => {
  await stopNode("envoy");
  await addNode("sluice");
  await untilServed("Sluice to serve", "shop.example", ({ issuer }) => issuer.startsWith("Pebble"));
  await addNode("envoy");
  for (let round = 0; round < 2; round++) {
    const since = new Date();
    await renewCertificate(context, SHOP);
    await untilIssued(SHOP, since);
  }
});

test("a wildcard is got by DNS-01 through a webhook, and is served", { skip }, async () => {
  const { signingKey = "" } = await putDnsProvider(context, {
    name: "unreachable",
    settings: { kind: "webhook", url: "http://127.0.0.1:1/", nameServers: [dns.address] },
  });
  await waitFor(
    "the failure to be told",
    async () =>
      /DNS provider 'unreachable' cannot be reached/.test(
        (await listManaged(context)).find(({ name }) => name === WILD)?.lastError ?? "",
      ),
    PATIENT,
  );
  webhook = await startDnsWebhook(signingKey, dns);
  await putDnsProvider(context, {
    name: "unreachable",
    settings: { kind: "webhook", url: webhook.url, nameServers: [dns.address] },
  });
  await untilServed("the wildcard", "a.wild.example", ({ issuer }) => issuer.startsWith("Pebble"));
  await waitFor("the record to be taken away", () => webhook?.calls.at(-1)?.startsWith("cleanup"), PATIENT);
  // Before that comes what the first attempt could not take away.
  assert.deepEqual(webhook.calls.slice(-2), [
    "present _acme-challenge.wild.example.",
    "cleanup _acme-challenge.wild.example.",
  ]);
});
