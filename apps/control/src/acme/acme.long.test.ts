import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import {
  type Context,
  listAudit,
  listAuthorities,
  listManaged,
  listNodes,
  publish,
  putAuthority,
  putResource,
  removeAuthority,
  removeManaged,
  renewCertificate,
  requestCertificate,
} from "@sluice/config";
import { freePort, installedEnvoy, type RunningProxy, waitFor } from "@sluice/harness";
import { type ControlDatabase, startControlDatabase } from "../testing/start-control-database.ts";
import { type ControlProcess, startControlProcess } from "../testing/start-control-process.ts";
import { startNode } from "../testing/start-node.ts";
import { type Pebble, pebbleMissing, startPebble } from "../testing/start-pebble.ts";

const PATIENT = { deadlineMs: 120_000 };
const NAMES = "automatic:shop.example,www.shop.example";
/** Resolves to an address where nothing listens. */
const LOST = "automatic:lost.example";
const skip = pebbleMissing;

let database: ControlDatabase;
let context: Context;
let control: ControlProcess;
let pebble: Pebble;
let binding: Pebble;
let [httpPort, httpsPort] = [0, 0];
let node: RunningProxy | undefined;

before(async () => {
  if (skip !== false) return;
  database = await startControlDatabase();
  ({ context } = database);
  [httpPort, httpsPort] = [await freePort(), await freePort()];
  const addressOf = (name: string) => (name === "lost.example" ? "127.0.0.99" : "127.0.0.1");
  pebble = await startPebble({ httpPort, addressOf });
  binding = await startPebble({
    httpPort,
    addressOf,
    bindings: { "kid-1": "c2VjcmV0IG9mIHRoZSBiaW5kaW5nIG9mIDMyIGJ5dGVz" },
  });
  control = await startControlProcess(database.url, 0, { SLUICE_OUTBOUND_ALLOW: "127.0.0.1" });
  node = await join("sluice");
  await putResource(context, { kind: "listeners", yaml: plainListener() });
  await putResource(context, { kind: "listeners", yaml: secureListener(NAMES) });
});

after(async () => {
  await node?.close();
  await control?.process.stop();
  await pebble?.close();
  await binding?.close();
  await database?.close();
});

function join(product: "sluice" | "envoy"): Promise<RunningProxy> {
  return startNode({ id: product, product, controlPort: control.xdsPort, labels: {} });
}

/** Redirects everything, behind a filter that lets nobody in: an authority must get through all the same. */
function plainListener(): string {
  return `name: plain
address: { socket_address: { address: 127.0.0.1, port_value: ${httpPort} } }
filter_chains:
  - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: plain
          route_config:
            virtual_hosts:
              - name: shop
                domains: [shop.example]
                routes: [{ match: { prefix: / }, redirect: { https_redirect: true } }]
          http_filters:
            - name: envoy.filters.http.rbac
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC
                rules: { action: ALLOW, policies: {} }
            - name: envoy.filters.http.router
              typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
`;
}

function secureListener(certificate: string): string {
  return `name: secure
address: { socket_address: { address: 127.0.0.1, port_value: ${httpsPort} } }
filter_chains:
  - filters:
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
}

const managed = async (name = NAMES) => (await listManaged(context)).find((each) => each.name === name);

function served(): Promise<{ readonly issuer: string; readonly serial: string; readonly names: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: "127.0.0.1",
      port: httpsPort,
      servername: "shop.example",
      rejectUnauthorized: false,
    });
    socket.setTimeout(10_000, () => socket.destroy(new Error("no handshake in time")));
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      const { issuer, serialNumber, subjectaltname = "" } = socket.getPeerCertificate();
      socket.destroy();
      resolve({ issuer: String(issuer.CN), serial: serialNumber, names: subjectaltname });
    });
  });
}

async function untilServed(
  what: string,
  good: (found: Awaited<ReturnType<typeof served>>) => boolean,
): Promise<void> {
  await waitFor(what, async () => good(await served()), PATIENT);
}

test("before there is an authority the listener comes up with a temporary certificate, and it is told what is missing", {
  skip,
}, async () => {
  await publish(context, { message: "automatic" });
  await untilServed("temporary certificates", ({ issuer }) => issuer === "Temporary certificate");
  const found = await waitFor(
    "the failure to be told",
    async () => {
      const state = await managed();
      return state?.lastError === undefined ? undefined : state;
    },
    PATIENT,
  );
  assert.match(found.lastError ?? "", /no certificate authority is set up/);
  assert.equal(found.state, "temporary");
});

test("an authority that is added gives the certificate, proven through the node, without a new version", {
  skip,
}, async () => {
  const { directoryUrl, trust } = pebble;
  await putAuthority(context, {
    name: "pebble",
    directoryUrl,
    trust,
    email: "ops@shop.example",
    termsAgreed: true,
  });
  await untilServed("certificates of Pebble", ({ issuer }) => issuer.startsWith("Pebble"));
  const { names } = await served();
  assert.equal(names, "DNS:shop.example, DNS:www.shop.example");
  const state = await managed();
  assert.deepEqual([state?.state, state?.failures, state?.lastError], ["issued", 0, undefined]);
  assert.ok((state?.dueAt ?? new Date(0)) > new Date());
  const [authority] = await listAuthorities(context);
  assert.equal(authority?.registered, true);
  const shown = (await listNodes(context)).filter(({ connected }) => connected);
  assert.deepEqual(new Set(shown.map(({ sync }) => sync)), new Set(["effective"]));
});

test("a renewal, answered by a stock Envoy where there is one, reaches the node over SDS", {
  skip,
}, async () => {
  const before = await served();
  if (installedEnvoy() !== undefined) {
    await node?.close();
    node = await join("envoy");
    await untilServed("Envoy to serve the same", ({ serial }) => serial === before.serial);
  }
  await renewCertificate(context, NAMES);
  await untilServed(
    "renewed certificates",
    ({ issuer, serial }) => issuer.startsWith("Pebble") && serial !== before.serial,
  );
  const { events } = await listAudit(context, { action: "certificate.renewed" });
  assert.equal(events.length, 1);
});

test("an authority that cannot see the proof is quoted, and is asked again later", { skip }, async () => {
  await putResource(context, {
    kind: "listeners",
    name: "secure",
    yaml: secureListener(LOST),
    expectedRevision: 1,
  });
  await publish(context, { message: "nobody answers for this name" });
  const found = await waitFor(
    "the failure to be told",
    async () => {
      const state = await managed(LOST);
      return state?.lastError === undefined ? undefined : state;
    },
    PATIENT,
  );
  assert.match(found.lastError ?? "", /^lost\.example: .*\(connection\)/);
  assert.equal(found.failures, 1);
  assert.ok(found.dueAt.getTime() > Date.now() + 30_000);
});

test("an authority that does not answer holds up its own orders alone", { skip }, async () => {
  let asked = 0;
  const stuck = createServer((socket) => {
    asked++;
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => stuck.listen(0, "127.0.0.1", resolve));
  const address = stuck.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    await putAuthority(context, {
      name: "stuck",
      directoryUrl: `https://127.0.0.1:${port}/dir`,
      termsAgreed: true,
    });
    const names = ["one", "two", "three"].map((name) => `${name}.example`);
    for (const name of names) await requestCertificate(context, { names: [name], authority: "stuck" });
    await waitFor("the stuck one to be asked", () => asked > 0, PATIENT);
    await requestCertificate(context, { names: ["shop.example"], authority: "pebble" });
    await waitFor(
      "the other authority's certificate",
      async () => (await managed("automatic:shop.example"))?.state === "issued",
      PATIENT,
    );
    const waiting = await Promise.all(names.map((name) => managed(`automatic:${name}`)));
    assert.ok(
      waiting.some((state) => state?.triedAt === undefined),
      "it did not wait for them",
    );
    for (const name of [...names, "shop.example"]) await removeManaged(context, `automatic:${name}`);
    await removeAuthority(context, "stuck");
  } finally {
    stuck.close();
  }
});

test("an authority that wants an account bound says so, and takes one that is", { skip }, async () => {
  const { directoryUrl, trust } = binding;
  const input = { name: "bound", directoryUrl, trust, termsAgreed: true } as const;
  await putResource(context, {
    kind: "listeners",
    name: "secure",
    yaml: secureListener(NAMES),
    expectedRevision: 2,
  });
  await publish(context, { message: "back" });
  await putAuthority(context, input);
  await renewCertificate(context, NAMES);
  await waitFor(
    "the failure to be told",
    async () => /external account binding/.test((await managed())?.lastError ?? ""),
    PATIENT,
  );
  const before = await served();
  await putAuthority(context, {
    ...input,
    eabKid: "kid-1",
    eabKey: "c2VjcmV0IG9mIHRoZSBiaW5kaW5nIG9mIDMyIGJ5dGVz",
  });
  await untilServed("certificates of the other Pebble", ({ serial }) => serial !== before.serial);
  assert.equal((await managed())?.authority, "bound");
});
