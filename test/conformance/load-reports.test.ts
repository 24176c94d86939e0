import assert from "node:assert/strict";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import {
  freePort,
  installedEnvoy,
  type RecordingUpstream,
  type RunningProxy,
  requestOnce,
  startEnvoy,
  startRecordingUpstream,
  startSluiceProxy,
  waitFor,
} from "@sluice/harness";
import { bootstrap, endpointsFile } from "./src/load-reports/load-bootstrap.ts";
import { type LoadServer, startLoadServer } from "./src/load-reports/load-server.ts";
import { type Load, sumLoad } from "./src/load-reports/sum-load.ts";

const skip = installedEnvoy() === undefined ? "there is no envoy on the PATH" : false;

/** How many requests each path gets. Most have a cluster of the same name. */
const TRAFFIC: readonly (readonly [path: string, requests: number])[] = [
  ["/live", 10],
  ["/bad", 3],
  ["/dead", 4],
  ["/maintained", 2],
  ["/dropped", 2],
  ["/full", 2],
  ["/eds", 6],
  ["/told", 4],
  ["/retry", 1],
  ["/mirror", 2],
];
/** What gets as far as an upstream: to `live`, `eds`, `told`, `retried`, `mirrored` and `raw`, the request that does not end among them. */
const ISSUED = 16 + 6 + 4 + 3 + 2 + 1;
/** What the host says of itself at each request to `told`. */
const TOLD = "TEXT cpu_utilization=0.25,mem_utilization=0.5,named_metrics.queue=2,utilization.disk=0.5";

interface Story {
  readonly identity: unknown;
  /** Of all reports of the traffic. */
  readonly load: Load;
  /** Of a report when only the request that does not end was under way. */
  readonly later: Load;
  readonly statNames: readonly string[];
  readonly counted: readonly number[];
  /** After the connection was cut: of the clusters that the server then asked for. */
  readonly afterCut: Load;
  readonly endpointsAfterCut: boolean;
}

test("the same requests make the same load reports as Envoy's", { skip }, async (t) => {
  const upstream = await startRecordingUpstream({
    reply: ({ target }) =>
      target.startsWith("/bad")
        ? { status: 503, body: "bad" }
        : target.startsWith("/slow")
          ? { afterwards: "silent" }
          : { body: "ok", headers: target.startsWith("/told") ? [["endpoint-load-metrics", TOLD]] : [] },
  });
  t.after(() => upstream.close());
  const other = await startRecordingUpstream();
  t.after(() => other.close());
  const dead = await freePort();
  const [envoy, sluice] = await Promise.all([
    tell(t, startEnvoy, upstream, other, dead),
    tell(t, startSluiceProxy, upstream, other, dead),
  ]);
  assert.deepEqual(sluice, envoy);
  assert.deepEqual(envoy.load.get("live r/z/ 0"), {
    successful: 12,
    failed: 3,
    issued: 16,
    endpoints: { [`127.0.0.1:${upstream.port}`]: { successful: 12, failed: 3, issued: 16 } },
  });
  assert.deepEqual(envoy.load.get("told r/z/ 0")?.metrics?.["cpu_utilization"], [4, 1]);
});

async function tell(
  t: TestContext,
  start: typeof startEnvoy,
  upstream: RecordingUpstream,
  other: RecordingUpstream,
  dead: number,
): Promise<Story> {
  const server = await startLoadServer({ endpoints: true, intervalMs: 500 });
  t.after(() => server.close());
  const ports = { server: server.port, upstream: upstream.port, other: other.port, dead };
  const proxy = await start({
    yaml: bootstrap(ports),
    files: { "eds.yaml": endpointsFile(upstream.port, other.port) },
  });
  t.after(() => proxy.close());
  const port = await proxy.listenerPort("web");
  // Counting begins when the node was told to.
  await reportsOf(server, 0, 2);
  const slow = await send(proxy, port);
  t.after(() => slow.destroy());
  const load = await waitFor(`${proxy.kind} to report all`, () => {
    const seen = sumLoad(server.streams[0] ?? []);
    const issued = [...seen.values()].reduce((sum, { issued: each = 0 }) => sum + each, 0);
    const [told = 0] = seen.get("told r/z/ 0")?.metrics?.["named_metrics.queue"] ?? [];
    return issued >= ISSUED && (seen.get("dead r/z/ 0")?.failed ?? 0) >= 4 && told >= 4 ? seen : undefined;
  });
  const later = await waitFor(`${proxy.kind} to report one request under way`, () => {
    const last = sumLoad((server.streams[0] ?? []).slice(-1));
    const places = [...last.keys()].filter((key) => key.includes(" "));
    return String(places) === "live r/z/ 0" && last.get(places[0] ?? "")?.issued === undefined
      ? last
      : undefined;
  });
  slow.destroy();
  const identity = (server.streams[0] ?? []).map(({ node }) => [node?.id, node?.clientFeatures?.at(-1)]);

  await waitFor(`${proxy.kind} to report nothing`, () => {
    const last = sumLoad((server.streams[0] ?? []).slice(-1));
    return ![...last.keys()].some((key) => key.includes(" "));
  });
  server.order = { clusters: ["live", "absent"], endpoints: false, intervalMs: 500 };
  server.cut();
  for (let index = 0; index < 2; index++) await requestOnce(port, { path: "/live" });
  const [first, ...rest] = await reportsOf(server, 1, 3);
  const afterCut = sumLoad(rest);
  // What came while there was no stream is told at once.
  assert.equal(sumLoad(first === undefined ? [] : [first]).get("live r/z/ 0")?.issued, 2, proxy.kind);
  await requestOnce(port, { path: "/live" });
  await waitFor(
    `${proxy.kind} to report the last`,
    () => sumLoad((server.streams[1] ?? []).slice(1)).get("live r/z/ 0")?.issued === 1,
  );
  const last = sumLoad((server.streams[1] ?? []).slice(1)).get("live r/z/ 0");
  const stats = await proxy.stats("load_reporter");
  const counted = ["errors", "requests", "retries"].map((name) => stats.get(`load_reporter.${name}`) ?? -1);
  const sent =
    (stats.get("load_reporter.responses") ?? 0) -
    (server.streams[0]?.length ?? 0) -
    (server.streams[1]?.length ?? 0);
  assert.ok(sent === 0 || sent === 1, `${proxy.kind}: ${sent} more messages are counted than came`);
  return {
    identity: [identity[0], identity.every((each) => String(each) === String(identity[0]))],
    load,
    later,
    statNames: [...stats.keys()].toSorted(),
    counted,
    afterCut,
    endpointsAfterCut: Object.keys(last?.endpoints ?? {}).length > 0,
  };
}

/** All of the traffic; answers the connection of the request that does not end. */
async function send(proxy: RunningProxy, port: number): Promise<Socket> {
  for (const [path, requests] of TRAFFIC) {
    for (let index = 0; index < requests; index++) await requestOnce(port, { path });
  }
  const tcp = await proxy.listenerPort("tcp");
  await new Promise<void>((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port: tcp, path: "/", agent: false }, (response) => {
      response.resume();
      response.on("close", resolve);
    });
    asked.on("error", reject);
    asked.end();
  });
  const slow = connect(port, "127.0.0.1");
  slow.on("error", () => {});
  slow.write("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n");
  return slow;
}

async function reportsOf(server: LoadServer, stream: number, count: number) {
  return await waitFor(
    `${count} messages on stream ${stream}`,
    () => {
      const said = server.streams[stream] ?? [];
      return said.length >= count ? said.slice(0, count) : undefined;
    },
    { deadlineMs: 60_000 },
  );
}
