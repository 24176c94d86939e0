import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { after, before, test } from "node:test";
import { type NameServer, startNameServer, startSluiceProxy, waitFor } from "@sluice/harness";
import { systemRandom } from "../event/system-time.ts";
import { knowsNameServers } from "./compile-dns-resolver.ts";
import { FailureBackOff, patiently, systemResolve } from "./dns-discovery.ts";

/** A name server that knows `web.test` (two IPv4 addresses, one IPv6, 30 s) and `four.test`, and no other name. */
let server: NameServer;
let servers: string[];

before(async () => {
  server = await startNameServer();
  const v4 = ["10.0.0.1", "10.0.0.2"];
  server.answers.set("web.test", { v4, v6: ["::1"] });
  server.answers.set("four.test", { v4 });
  servers = [`127.0.0.1:${server.port}`];
});
after(() => server.close());

const settings = () => ({
  servers,
  timeoutMs: 1000,
  tries: 1,
  retries: 0,
  searchDomains: true,
  routableOnly: false,
});

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

test("families that this machine has no address of can be left out", async () => {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal);
  const has = (family: string): boolean => own.some((address) => address.family === family);
  const asked = { ...settings(), routableOnly: true };
  const answer = await systemResolve("web.test", "all", false, asked);
  assert.deepEqual(answer?.addresses, [
    ...(has("IPv6") ? ["::1"] : []),
    ...(has("IPv4") ? ["10.0.0.1", "10.0.0.2"] : []),
  ]);
});

test("a name that does not exist has no address; a server that is silent is a failure", async () => {
  assert.deepEqual((await systemResolve("no.test", "auto", false, settings()))?.addresses, []);
  server.answers.set("silent.test", { silent: true });
  const asked = { ...settings(), timeoutMs: 100 };
  assert.equal(await systemResolve("silent.test", "v4_only", false, asked), undefined);
});

test("an address needs nobody to be asked", async () => {
  const addresses = async (name: string, family: Parameters<typeof systemResolve>[1]) =>
    (await systemResolve(name, family, true, settings()))?.addresses;
  assert.deepEqual(await addresses("10.0.0.7", "auto"), ["10.0.0.7"]);
  assert.deepEqual(await addresses("::7", "all"), ["::7"]);
  assert.deepEqual(await addresses("10.0.0.7", "v6_only"), []);
});

test("after failures a rate of their own grows, by lot, up to its end", () => {
  const random = { ...systemRandom, uint32: () => 0xffff_ffff };
  const rate = { refreshMs: 700, failureRefresh: { baseMs: 100, maxMs: 250 } };
  const backOff = new FailureBackOff(rate, random);
  const most = (ms: number): number => 0xffff_ffff % ms;
  assert.deepEqual(
    [backOff.nextMs(), backOff.nextMs(), backOff.nextMs(), backOff.nextMs()],
    [most(100), most(200), most(250), most(250)],
  );
  backOff.reset();
  assert.equal(backOff.nextMs(), most(100));
  assert.equal(new FailureBackOff({ ...rate, failureRefresh: undefined }, random).nextMs(), 700);
});

test("without search domains a name of the hosts file is still found", async () => {
  const system = {
    servers: [],
    timeoutMs: 0,
    tries: 0,
    searchDomains: false,
    retries: 0,
    routableOnly: false,
  };
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
