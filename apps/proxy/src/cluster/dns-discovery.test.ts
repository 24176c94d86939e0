import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { after, before, test } from "node:test";
import { startSluiceProxy, waitFor } from "@sluice/harness";
import { knowsNameServers } from "./compile-dns-resolver.ts";
import { patiently, systemResolve } from "./dns-discovery.ts";

const A = 1;
const AAAA = 28;
const NXDOMAIN = 3;

/** A name server that knows `web.test` (two IPv4 addresses, one IPv6, 30 s) and `four.test`, and no other name. */
let server: Socket;
let servers: string[];

before(async () => {
  server = createSocket("udp4");
  server.on("message", (query, from) => server.send(answer(query), from.port, from.address));
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
  servers = [`127.0.0.1:${server.address().port}`];
});
after(() => server.close());

function answer(query: Buffer): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = query.readUInt16BE(at + 1);
  const name = labels.join(".");
  const known = name === "web.test" || name === "four.test";
  const v4 = [Buffer.from([10, 0, 0, 1]), Buffer.from([10, 0, 0, 2])];
  const v6 = name === "web.test" ? [Buffer.concat([Buffer.alloc(15), Buffer.from([1])])] : [];
  const records = !known ? [] : type === A ? v4 : type === AAAA ? v6 : [];
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8180 | (known ? 0 : NXDOMAIN), 2);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  const encoded = records.map((data) => {
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(30, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
  return Buffer.concat([head, query.subarray(12, at + 5), ...encoded]);
}

const settings = () => ({ servers, timeoutMs: 1000, tries: 1, retries: 0, searchDomains: true });

test("names are asked of the name servers that are configured, with their time to live", async () => {
  const answers = await systemResolve("web.test", "v4_only", true, settings());
  assert.deepEqual(answers, { addresses: ["10.0.0.1", "10.0.0.2"], ttl: 30 });
});

test("families are chosen as configured", async () => {
  const addresses = async (name: string, family: Parameters<typeof systemResolve>[1]) =>
    (await systemResolve(name, family, false, settings()))?.addresses;
  assert.deepEqual(await addresses("web.test", "auto"), ["::1"]);
  assert.deepEqual(await addresses("four.test", "auto"), ["10.0.0.1", "10.0.0.2"]);
  assert.deepEqual(await addresses("web.test", "v6_only"), ["::1"]);
  assert.deepEqual(await addresses("web.test", "v4_preferred"), ["10.0.0.1", "10.0.0.2"]);
  assert.equal((await addresses("web.test", "all"))?.length, 3);
});

test("a name that does not exist has no address; a server that is silent is a failure", async () => {
  assert.deepEqual((await systemResolve("no.test", "auto", false, settings()))?.addresses, []);
  const silent = createSocket("udp4");
  await new Promise<void>((resolve) => silent.bind(0, "127.0.0.1", resolve));
  const asked = {
    servers: [`127.0.0.1:${silent.address().port}`],
    timeoutMs: 100,
    tries: 1,
    retries: 0,
    searchDomains: true,
  };
  assert.equal(await systemResolve("web.test", "v4_only", false, asked), undefined);
  silent.close();
});

test("without search domains a name of the hosts file is still found", async () => {
  const system = { servers: [], timeoutMs: 0, tries: 0, searchDomains: false, retries: 0 };
  assert.deepEqual((await systemResolve("localhost", "v4_only", false, system))?.addresses, ["127.0.0.1"]);
});

test("the bootstrap's name servers are asked for clusters that name none", { timeout: 60_000 }, async () => {
  const [host = "", port = ""] = (servers[0] ?? "").split(":");
  const proxy = await startSluiceProxy({
    yaml: `
node: { id: node, cluster: nodes }
typed_dns_resolver_config:
  name: cares
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig
    resolvers: [{ socket_address: { address: ${host}, port_value: ${port} } }]
static_resources:
  clusters:
    - name: web
      type: STRICT_DNS
      dns_lookup_family: V4_ONLY
      load_assignment:
        cluster_name: web
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: web.test, port_value: 80 } } } }] }]
`,
  });
  try {
    await waitFor("hosts", async () => /web::10\.0\.0\.2:80::/.test(await proxy.admin("/clusters")));
  } finally {
    await proxy.close();
  }
});

test("the system is asked again while it has no answer for the moment, as often as allowed", async () => {
  let asked = 0;
  const ask = (failures: number, code: string) => async (): Promise<string> => {
    asked++;
    if (asked <= failures) throw Object.assign(new Error(code), { code });
    return "found";
  };
  assert.equal(await patiently(2, ask(2, "EAI_AGAIN")), "found");
  assert.equal(asked, 3);
  asked = 0;
  await assert.rejects(patiently(1, ask(2, "EAI_AGAIN")));
  assert.equal(asked, 2);
  asked = 0;
  await assert.rejects(patiently(5, ask(1, "ENOTFOUND")));
  assert.equal(asked, 1);
});

test("resolvers that are a fallback give way to the system's, where it names any", () => {
  assert.equal(knowsNameServers(["127.0.0.1"]), false);
  assert.equal(knowsNameServers(["10.0.0.2"]), true);
});
