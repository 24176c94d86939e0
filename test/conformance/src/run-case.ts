import { createServer, type Server, type Socket } from "node:net";
import {
  connectRaw,
  freePort,
  type RecordingUpstream,
  type RunningProxy,
  startEnvoy,
  startRecordingUpstream,
  startSluiceProxy,
} from "@sluice/harness";
import type { ConformanceCase, SeenResponse, Target } from "./conformance-case.ts";
import { logLines } from "./log-lines.ts";
import { normalizeLogLine, seenRequests } from "./normalize.ts";
import { readResting } from "./read-lagging.ts";
import { sendOne } from "./send-one.ts";

/** Everything seen of one case at one proxy; plain data, to be compared as a whole. */
export interface Observation {
  readonly responses: readonly SeenResponse[];
  readonly upstream: readonly unknown[];
  readonly upstream2: readonly unknown[];
  readonly observed: unknown;
  readonly stats: Readonly<Record<string, number | undefined>>;
  readonly accessLog: readonly string[];
}

export type StartProxy = (options: {
  readonly yaml: string;
  readonly files: Readonly<Record<string, string>>;
  readonly concurrency: number;
  readonly args: readonly string[];
}) => Promise<RunningProxy>;

/** A stock Envoy that writes its access logs at once rather than every 10 s. */
export const startPromptEnvoy: StartProxy = (options) =>
  startEnvoy({ ...options, args: ["--file-flush-interval-msec", "50", ...options.args] });

/** A Sluice that ends as Envoy does: at once, whatever connections it has. */
export const startPromptSluice: StartProxy = (options) =>
  startSluiceProxy({ ...options, args: ["--termination-drain-s", "0", ...options.args] });

/**
 * Runs a case at each proxy in turn, before the same upstreams. Stats may lag behind the traffic: those of the first are read until
 * they rest, and those of the others until they are what the proxy before showed, for 3 s at most.
 */
export async function runCase(
  theCase: ConformanceCase,
  starts: readonly StartProxy[],
): Promise<Observation[]> {
  const upstream = await startRecordingUpstream();
  const upstream2 = await startRecordingUpstream({ reply: { body: "two" } });
  const sockets = new Set<Socket>();
  const tcp = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    theCase.tcp?.(socket);
  });
  try {
    const dead = await freePort();
    const ports = { upstream: upstream.port, upstream2: upstream2.port, dead, tcp: await listen(tcp) };
    const observations: Observation[] = [];
    for (const start of starts)
      observations.push(await observe(theCase, start, ports, [upstream, upstream2], observations[0]?.stats));
    return observations;
  } finally {
    tcp.close();
    for (const socket of sockets) socket.destroy();
    await Promise.all([upstream.close(), upstream2.close()]);
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

async function observe(
  theCase: ConformanceCase,
  start: StartProxy,
  ports: Readonly<Record<string, number>>,
  [upstream, upstream2]: readonly [RecordingUpstream, RecordingUpstream],
  expectedStats: Observation["stats"] | undefined,
): Promise<Observation> {
  upstream.clear();
  upstream2.clear();
  upstream.reply(theCase.reply ?? { body: "one" });
  const place = (text: string) =>
    Object.entries(ports).reduce((all, [name, port]) => all.replaceAll(`{{${name}}}`, String(port)), text);
  const files = Object.fromEntries(
    Object.entries(theCase.files ?? {}).map(([name, text]) => [name, place(text)]),
  );
  const proxy = await start({
    yaml: place(theCase.yaml),
    files,
    concurrency: theCase.concurrency ?? 1,
    args: theCase.args ?? [],
  });
  try {
    const port = await proxy.listenerPort("main");
    const target: Target = {
      proxy,
      port,
      upstream,
      upstream2,
      connect: () => connectRaw(port),
      send: (request) => sendOne(port, request),
    };
    const responses: SeenResponse[] = [];
    for (const request of theCase.requests ?? []) responses.push(await target.send(request));
    const observed = (await theCase.observe?.(target)) ?? null;
    return {
      responses,
      observed,
      upstream: theCase.ignoreUpstream === true ? [] : seenRequests(upstream.requests),
      upstream2: theCase.ignoreUpstream === true ? [] : seenRequests(upstream2.requests),
      stats: await readStats(proxy, theCase.stats ?? [], expectedStats),
      accessLog: await readAccessLog(proxy, theCase),
    };
  } finally {
    await proxy.close();
  }
}

async function readStats(
  proxy: RunningProxy,
  names: readonly string[],
  expected: Observation["stats"] | undefined,
): Promise<Observation["stats"]> {
  if (names.length === 0) return {};
  const read = async (): Promise<Observation["stats"]> => {
    const stats = await proxy.stats();
    return Object.fromEntries(names.map((name) => [name, stats.get(name)]));
  };
  return (await readResting(read, expected)) ?? {};
}

async function readAccessLog(proxy: RunningProxy, { accessLog }: ConformanceCase): Promise<string[]> {
  if (accessLog === undefined) return [];
  return (await logLines(proxy, accessLog.file, accessLog.lines)).map(normalizeLogLine);
}
