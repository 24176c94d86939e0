import assert from "node:assert/strict";
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { after, test } from "node:test";
import { waitFor } from "@sluice/harness";
import { systemClock, systemRandom, systemTimers } from "../../event/system-time.ts";
import { HostLoad, hostLoadPage } from "../../orca/host-load.ts";
import { ReadableStats } from "../../stats/testing/readable-stats.ts";
import type { HostSpec } from "../cluster-config.ts";
import { testHostSpec } from "../testing/test-host-spec.ts";
import { TRANSPORT_SOCKET_MATCH } from "../transport-socket-matches.ts";
import { OutOfBandReports } from "./out-of-band-reports.ts";

const sessions = new Set<ServerHttp2Session>();
const streams: ServerHttp2Stream[] = [];
const server = createServer();
server.on("session", (session) => {
  sessions.add(session);
  session.on("error", () => {});
  session.on("close", () => sessions.delete(session));
});
server.on("stream", (stream: ServerHttp2Stream) => {
  stream.on("error", () => {});
  stream.resume();
  streams.push(stream);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;
after(() => {
  for (const session of sessions) session.destroy();
  server.close();
});

function host(key: string, page = hostLoadPage()): HostSpec {
  const connectTo = { host: "127.0.0.1", port: 1 };
  return testHostSpec(key, connectTo, { hostname: key, metadata: { own: true }, loadPage: page });
}

/** An OrcaLoadReport whose rps_fractional is `rate`, in its frame. */
function report(rate: number): Buffer {
  const bytes = Buffer.alloc(14);
  bytes[4] = 9;
  bytes[5] = 0x31;
  bytes.writeDoubleLE(rate, 6);
  return bytes;
}

test("a host's reports make its weight, through the socket that is asked for, until the host goes", async () => {
  const seen: unknown[] = [];
  const stats = new ReadableStats();
  const reports = new OutOfBandReports({
    clusterName: "asked",
    config: { periodMs: 20_000, port, authority: "", socketMatch: { check: "secure" } },
    weigh: ({ rpsFractional }) => (rpsFractional > 0 ? rpsFractional : undefined),
    clock: systemClock,
    timers: systemTimers,
    // No wait before the first attempt.
    random: { ...systemRandom, uint32: () => 0 },
    stats: stats.root(),
    connect: ({ metadata }, to) => {
      seen.push({ metadata, to });
      return connect("path" in to ? { path: to.path } : to);
    },
  });
  const value = (name: string): number => stats.value(`lb_orca_oob.${name}`);
  const page = hostLoadPage();
  reports.setHosts([host("a", page)]);
  assert.equal(value("active_sessions"), 1);
  const first = await waitFor("the question", () => streams[0]);
  assert.deepEqual(seen, [
    { metadata: { [TRANSPORT_SOCKET_MATCH]: { check: "secure" } }, to: { host: "127.0.0.1", port } },
  ]);
  first.respond({ "content-type": "application/grpc" });
  // Two in pieces.
  const both = Buffer.concat([report(3), report(7)]);
  first.write(both.subarray(0, 17));
  const load = new HostLoad(page);
  await waitFor("a weight", () => load.weightAt(Date.now(), 0, 60_000) === 3);
  first.write(both.subarray(17));
  await waitFor("another weight", () => load.weightAt(Date.now(), 0, 60_000) === 7);
  // The connection is lost: the host is asked anew.
  for (const session of sessions) session.destroy();
  const second = await waitFor("another question", () => streams[1]);
  second.respond({ "content-type": "application/grpc" });
  reports.setHosts([host("a", page), host("b")]);
  await waitFor("the other host's question", () => streams[2]);
  assert.equal(value("active_sessions"), 2);
  reports.setHosts([host("b")]);
  await waitFor("the connection's end", () => second.session?.destroyed !== false);
  assert.equal(sessions.size, 1);
  reports.stop();
  await waitFor("the end of all", () => sessions.size === 0);
  assert.equal(value("active_sessions"), 0);
});
