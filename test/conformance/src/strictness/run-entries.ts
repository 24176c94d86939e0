import { connectRaw, RawHttp2Client, type RunningProxy, requestFields, waitFor } from "@sluice/harness";
import { readStrictly, type StrictMessage } from "./strict-http1.ts";
import { startStrictUpstream, type UpstreamConnection } from "./strict-upstream.ts";
import { strictnessBootstrap } from "./strictness-bootstrap.ts";
import type {
  Http2Entry,
  Outcome,
  RequestEntry,
  ResponseEntry,
  StrictnessEntry,
} from "./strictness-entry.ts";

const MARKER = "GET /marker HTTP/1.1\r\nhost: m.test\r\n\r\n";
const MARKER_STREAM = 101;
const AT_ONCE = 32;
const DEADLINE_MS = 20_000;
/** What the proxies add for themselves. */
const OWN_FIELDS = new Set([
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-request-id",
  "x-envoy-expected-rq-timeout-ms",
  "x-envoy-internal",
  "x-envoy-external-address",
]);

interface ClientView {
  readonly told: string;
  readonly dangers: readonly string[];
}

/** Sends every entry to one proxy, each from an address of its own, by which the upstream tells them apart. */
export async function runEntries(
  start: (options: { readonly yaml: string }) => Promise<RunningProxy>,
  entries: readonly StrictnessEntry[],
): Promise<Outcome[]> {
  const upstream = await startStrictUpstream((request) => {
    const index = /^GET|HEAD|POST|OPTIONS/.test(request.start)
      ? /\/response\/(\d+)/.exec(request.start)?.[1]
      : undefined;
    const entry = index === undefined ? undefined : entries[Number(index)];
    if (entry?.kind === "response") return { octets: entry.octets, afterwards: entry.afterwards ?? "open" };
    const body = echoOf(request);
    return { octets: `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`, afterwards: "open" };
  });
  const views: ClientView[] = [];
  try {
    const proxy = await start({ yaml: strictnessBootstrap(upstream.port) });
    try {
      const ports = {
        plain: await proxy.listenerPort("plain"),
        open: await proxy.listenerPort("open"),
      };
      let next = 0;
      const worker = async () => {
        for (let i = next++; i < entries.length; i = next++) {
          const entry = entries[i];
          if (entry !== undefined) views[i] = await send(entry, i, ports[entry.listener ?? "plain"]);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
    } finally {
      await proxy.close();
    }
  } finally {
    await upstream.close();
  }
  return entries.map((entry, i) => judge(entry, i, views[i], upstream.connections));
}

function addressOf(index: number): string {
  return `127.1.${Math.floor(index / 200)}.${1 + (index % 200)}`;
}

function echoOf(request: StrictMessage): string {
  return `seen ${request.start.split(" ").slice(0, 2).join(" ")}`;
}

function send(entry: StrictnessEntry, index: number, port: number): Promise<ClientView> {
  switch (entry.kind) {
    case "request":
      return sendRequest(entry, index, port);
    case "response":
      return sendForResponse(entry, index, port);
    case "http2":
      return sendHttp2(entry, index, port);
  }
}

async function sendRequest(entry: RequestEntry, index: number, port: number): Promise<ClientView> {
  const connection = await connectRaw(port, { localAddress: addressOf(index), deadlineMs: DEADLINE_MS });
  let octets = "";
  try {
    connection.write(entry.early === undefined ? entry.octets + MARKER : entry.octets);
    if (entry.early === "end") connection.end();
    for (;;) {
      const part = await connection.reader.some();
      octets += part.toString("latin1");
      if (part.length === 0 || octets.includes("seen GET /marker")) break;
    }
  } finally {
    connection.destroy();
  }
  const answered = octets.includes("seen GET /marker");
  const method = /^\s*(\S+)/.exec(entry.octets)?.[1] ?? "GET";
  const reading = readStrictly(octets, { kind: "response", methods: [method], ended: !answered });
  const dangers: string[] = [];
  if (reading.problem !== undefined) dangers.push(`the answer: ${reading.problem}`);
  const finals = reading.messages.filter(({ start }) => !/^\S+ 1/.test(start));
  if (finals.length > 2) dangers.push(`${finals.length} answers to 2 requests`);
  const told = finals.map((message) => message.start.split(" ")[1] ?? "");
  if (!answered) told.push("closed");
  return { told: told.join(", "), dangers };
}

async function sendForResponse(entry: ResponseEntry, index: number, port: number): Promise<ClientView> {
  const connection = await connectRaw(port, { localAddress: addressOf(index), deadlineMs: DEADLINE_MS });
  const method = entry.method ?? "GET";
  const next = `/response/next/${index}`;
  let octets = "";
  try {
    connection.write(
      `${method} /response/${index} HTTP/1.1\r\nhost: a.test\r\n\r\nGET ${next} HTTP/1.1\r\nhost: a.test\r\n\r\n`,
    );
    for (;;) {
      const part = await connection.reader.some();
      octets += part.toString("latin1");
      if (part.length === 0 || octets.includes(`seen GET ${next}`)) break;
    }
  } finally {
    connection.destroy();
  }
  const answered = octets.includes(`seen GET ${next}`);
  const reading = readStrictly(octets, { kind: "response", methods: [method], ended: !answered });
  const dangers: string[] = [];
  if (reading.problem !== undefined) dangers.push(`the answer: ${reading.problem}`);
  const finals = reading.messages.filter(({ start }) => !/^\S+ 1/.test(start));
  if (finals.length > 2) dangers.push(`${finals.length} answers to 2 requests`);
  const second = finals[1];
  if (second !== undefined && second.body !== `seen GET ${next}`) dangers.push("another's answer");
  const told = reading.messages.map((message, i) => {
    const status = message.start.split(" ")[1] ?? "";
    return message === second || status === "502" || status === "503" || i > 8
      ? status
      : `${status} ${JSON.stringify(message.body.slice(0, 40))}`;
  });
  if (!answered) told.push(reading.rest === "" ? "closed" : "cut off");
  return { told: told.join(", "), dangers };
}

async function sendHttp2(entry: Http2Entry, index: number, port: number): Promise<ClientView> {
  const client = await RawHttp2Client.connect(port, {
    localAddress: addressOf(index),
    ...(entry.opening === undefined ? {} : { opening: entry.opening }),
  });
  try {
    // In one read: whether a request goes on before what is wrong behind it is seen must not depend on the moment.
    client.socket.cork();
    entry.send(client);
    client.headers(MARKER_STREAM, [
      ...requestFields("/marker").filter(([name]) => name !== ":authority"),
      [":authority", "m.test"],
    ]);
    client.socket.uncork();
    await waitFor("the end", () => client.closed || (client.isOver(MARKER_STREAM) && client.isOver(1)), {
      deadlineMs: DEADLINE_MS,
    });
  } finally {
    client.destroy();
  }
  const [first, marker] = [client.streams.get(1), client.streams.get(MARKER_STREAM)];
  const told: string[] = [];
  if (first !== undefined && first.status !== 0) told.push(String(first.status));
  if (first?.reset !== undefined) told.push(`stream reset (${first.reset})`);
  if (client.closed) told.push(client.goAway === undefined ? "closed" : `closed (${client.goAway.code})`);
  if (marker?.status !== undefined && marker.status !== 0) told.push(String(marker.status));
  return { told: told.join(", "), dangers: [] };
}

/** What the upstream saw of an entry, and whether it was more than one reading. */
function judge(
  entry: StrictnessEntry,
  index: number,
  view: ClientView | undefined,
  connections: readonly UpstreamConnection[],
): Outcome {
  const dangers = [...(view?.dangers ?? [])];
  const seen: string[] = [];
  const address = addressOf(index);
  let own = 0;
  for (const { octets, reading } of connections) {
    const isOwn = octets.includes(`x-forwarded-for: ${address}\r\n`);
    if (!isOwn || entry.kind === "response") continue;
    if (reading.problem !== undefined) dangers.push(`the upstream: ${reading.problem}`);
    if (reading.messages.length > 1) dangers.push("two requests where one was sent");
    for (const message of reading.messages) {
      if (message.start.includes("smuggled")) dangers.push("a request out of another's body");
      if (message.start === "GET /marker HTTP/1.1" && hostOf(message) === "m.test") continue;
      own++;
      seen.push(describe(message));
    }
  }
  if (own > 1) dangers.push(`${own} requests out of one`);
  return { client: view?.told ?? "", upstream: seen, dangers };
}

function hostOf(message: StrictMessage): string | undefined {
  return message.fields.find(([name]) => name === "host")?.[1];
}

function describe(message: StrictMessage): string {
  const fields = message.fields.filter(([name]) => !OWN_FIELDS.has(name));
  const list = (pairs: StrictMessage["fields"]) =>
    pairs.map(([name, value]) => `${name}: ${value}`).join("; ");
  const body = message.body === "" ? "" : ` ${JSON.stringify(message.body.slice(0, 60))}`;
  const trailers = message.trailers.length === 0 ? "" : ` trailers [${list(message.trailers)}]`;
  return `${message.start.replace(" HTTP/1.1", "")} [${list(fields)}]${body}${trailers}`;
}
