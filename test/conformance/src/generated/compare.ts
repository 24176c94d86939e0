import { setTimeout as delay } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { freePort, type RecordedRequest, type RunningProxy, startRecordingUpstream } from "@sluice/harness";
import { linesOf } from "../log-lines.ts";
import { normalizeLogLine, seenRequests } from "../normalize.ts";
import { readLagging } from "../read-lagging.ts";
import { restingCounters } from "../resting-counters.ts";
import type { StartProxy } from "../run-case.ts";
import { Dice } from "./dice.ts";
import { FILTERED_LOGS, type Generated, generate, type Size } from "./generate.ts";
import { MADE_COOKIE } from "./hash-policies.ts";
import { replyOf } from "./reply.ts";
import { type MadeRequest, requestsFor } from "./requests.ts";
import { Sender } from "./send.ts";
import { isComparedStat } from "./stats.ts";

/** What became of one request. */
export interface Seen {
  response: unknown;
  readonly upstream: unknown[];
  readonly log: unknown[];
}

export interface Run {
  readonly seen: ReadonlyMap<string, Seen>;
  readonly stats: ReadonlyMap<string, number>;
}

export interface Compared {
  readonly generated: Generated;
  readonly requests: ReadonlyMap<string, MadeRequest>;
  readonly runs: readonly Run[];
}

export interface Plan extends Size {
  readonly seed: number;
  /** Requests for each virtual host. */
  readonly requestsEach: number;
  /** Only requests whose id begins so; all by default. */
  readonly only?: string;
}

/** How long the next request waits for an answer; that has its own deadline. A filter may wait for a tunnel's end, which does not come. */
const PATIENCE_MS = 500;
/** In JSON; its value is made of ports. */
const COOKIE_MADE = new RegExp(`(${MADE_COOKIE}=\\\\")[0-9a-f]{16}`, "g");

/** Runs one generated configuration and its requests at each proxy in turn, before the same upstreams. */
export async function runGenerated(plan: Plan, starts: readonly StartProxy[]): Promise<Compared> {
  const generated = generate(plan.seed, plan);
  const dice = new Dice(plan.seed ^ 0x5eed);
  const queues = generated.hosts.map((host) =>
    requestsFor(new Dice(dice.below(2 ** 32)), host, plan.requestsEach).filter(({ id }) =>
      id.startsWith(plan.only ?? ""),
    ),
  );
  const upstreams = [await startRecordingUpstream(), await startRecordingUpstream()] as const;
  const dead = await freePort();
  const place = (text: string) =>
    text
      .replaceAll("{{upstream}}", String(upstreams[0].port))
      .replaceAll("{{upstream2}}", String(upstreams[1].port))
      .replaceAll("{{dead}}", String(dead))
      .replaceAll(/\{\{base64:([^{}]*)\}\}/g, (_all, plain: string) => btoa(plain))
      .replaceAll(/\{\{cookie:([^{}]*)\}\}/g, (_all, plain: string) =>
        btoa(`\n${String.fromCharCode(plain.length)}${plain}`),
      );
  try {
    const runs: Run[] = [];
    for (const start of starts) {
      upstreams.forEach((upstream, at) => {
        upstream.clear();
        upstream.reply(replyOf(`up${at}`));
      });
      const proxy = await start({ yaml: place(generated.yaml), files: {}, concurrency: 1, args: [] });
      try {
        const recorded = () =>
          upstreams.flatMap(({ requests }, at) => requests.map((request) => ({ request, at })));
        runs.push(await runAt(proxy, generated.listeners, queues, place, recorded, runs[0]));
      } finally {
        await proxy.close();
      }
    }
    return { generated, requests: new Map(queues.flat().map((request) => [request.id, request])), runs };
  } finally {
    await Promise.all(upstreams.map((upstream) => upstream.close()));
  }
}

async function runAt(
  proxy: RunningProxy,
  listeners: readonly string[],
  queues: readonly (readonly MadeRequest[])[],
  place: (text: string) => string,
  recorded: () => readonly { readonly request: RecordedRequest; readonly at: number }[],
  before: Run | undefined,
): Promise<Run> {
  const ports = new Map<string, number>();
  for (const name of listeners) ports.set(name, await proxy.listenerPort(name));
  const masked = (value: unknown): unknown => {
    let text = JSON.stringify(value);
    for (const port of ports.values()) text = text.replaceAll(new RegExp(`\\b${port}\\b`, "g"), "<port>");
    return JSON.parse(text.replaceAll(COOKIE_MADE, `$1<${MADE_COOKIE}>`)) as unknown;
  };
  const sender = new Sender(ports, place);
  const seen = new Map<string, Seen>();
  const of = (id: string): Seen => {
    const known = seen.get(id);
    if (known !== undefined) return known;
    const fresh: Seen = { response: null, upstream: [], log: [] };
    seen.set(id, fresh);
    return fresh;
  };
  // Of requests at once that share a token bucket it would be chance which gets the last token, and a request may come to any
  // virtual host of its listener. So only listeners are asked side by side.
  await Promise.all(
    listeners.map(async (listener) => {
      const answers: Promise<void>[] = [];
      for (const request of queues.flat()) {
        if (request.listener !== listener) continue;
        const answer = sender.send(request).then((response) => {
          of(request.id).response = masked(plain(response));
        });
        answers.push(answer);
        await Promise.race([answer, delay(PATIENCE_MS)]);
      }
      await Promise.all(answers);
    }),
  );
  const lines = await logLines(proxy, listeners, before === undefined ? undefined : loggedAt(before));
  for (const { listener, line } of lines) {
    const entry = JSON.parse(line) as { readonly case?: string | null };
    of(entry.case ?? `${listener} without a case`).log.push(masked(entry));
  }
  for (const { request, at } of recorded())
    of(request.header("x-case") ?? "without a case").upstream.push(
      ...seenRequests([request]).map((one) => masked({ at, request: one })),
    );
  for (const [id, { log, upstream }] of seen) {
    if (!id.includes(" ")) continue;
    for (const list of [log, upstream]) list.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  return {
    seen,
    stats: await restingCounters(proxy, { isCompared: isComparedStat, expected: before?.stats }),
  };
}

const loggedAt = (run: Run): number => [...run.seen.values()].reduce((sum, { log }) => sum + log.length, 0);

/** Compressed octets are the library's affair: what they stand for is compared. */
function plain(response: unknown): unknown {
  if (typeof response !== "object" || response === null || !("body" in response) || !("fields" in response))
    return response;
  const { body, fields } = response;
  if (
    typeof body !== "string" ||
    body === "" ||
    !JSON.stringify(fields).toLowerCase().includes('["content-encoding","gzip"]')
  )
    return response;
  return { ...response, body: gunzipSync(Buffer.from(body, "latin1")).toString("latin1") };
}

interface LogLine {
  readonly listener: string;
  readonly line: string;
}

/** As many as there are `expected`; without that, until there come no more. */
async function logLines(
  proxy: RunningProxy,
  listeners: readonly string[],
  expected: number | undefined,
): Promise<LogLine[]> {
  const read = (): LogLine[] =>
    listeners.flatMap((listener) =>
      ["", ...Array.from({ length: FILTERED_LOGS }, (_, at) => `.${at}`)].flatMap((file) =>
        linesOf(proxy, `${listener}${file}.log`).map((line) => ({ listener, line: normalizeLogLine(line) })),
      ),
    );
  const lines = await readLagging(
    read,
    ({ length }, before) => (expected === undefined ? length === before?.length : length >= expected),
    { intervalMs: 300 },
  );
  return lines ?? [];
}
