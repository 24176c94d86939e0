import { readFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import {
  connectRaw,
  freePort,
  type RecordingUpstream,
  type RunningProxy,
  requestBytes,
  startEnvoy,
  startRecordingUpstream,
  waitFor,
} from "@sluice/harness";
import type { CaseRequest, ConformanceCase, SeenResponse, Target } from "./conformance-case.ts";
import { normalizeLogLine, seenRequests, seenResponse } from "./normalize.ts";

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

async function sendOne(port: number, request: CaseRequest): Promise<SeenResponse> {
  const headers = request.headers ?? [];
  const named = headers.some(([name]) => name.toLowerCase() === "host");
  const connection = await connectRaw(port);
  try {
    connection.write(
      requestBytes({ ...request, headers: named ? headers : [["host", "example.test"], ...headers] }),
    );
    return seenResponse(await connection.response(request.method));
  } finally {
    connection.destroy();
  }
}

async function readStats(
  proxy: RunningProxy,
  names: readonly string[],
  expected: Observation["stats"] | undefined,
): Promise<Observation["stats"]> {
  if (names.length === 0) return {};
  let seen: Observation["stats"] = {};
  let before = "";
  const settled = waitFor(
    "stats",
    async () => {
      const stats = await proxy.stats();
      seen = Object.fromEntries(names.map((name) => [name, stats.get(name)]));
      if (expected !== undefined) return names.every((name) => seen[name] === expected[name]);
      const now = JSON.stringify(seen);
      const rests = now === before;
      before = now;
      return rests;
    },
    { deadlineMs: 3_000, intervalMs: 50 },
  );
  // A difference is for the comparison to tell.
  await settled.catch(() => {});
  return seen;
}

async function readAccessLog(proxy: RunningProxy, theCase: ConformanceCase): Promise<string[]> {
  const wanted = theCase.accessLog;
  if (wanted === undefined) return [];
  let lines: string[] = [];
  const complete = waitFor(
    "access log",
    () => {
      lines = readFileSync(join(proxy.dir, wanted.file), "utf8").split("\n").slice(0, -1);
      return lines.length >= wanted.lines;
    },
    { deadlineMs: 15_000, intervalMs: 50 },
  );
  await complete.catch(() => {});
  return lines.map(normalizeLogLine);
}
