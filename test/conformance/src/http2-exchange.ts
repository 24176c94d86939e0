import { type Http2StreamOutcome, RawHttp2Client, type RawHttp2Options, waitFor } from "@sluice/harness";
import type { Target } from "./conformance-case.ts";

/** What came of frames sent on one connection. */
export interface SeenHttp2 {
  /** By number; `null` for one of which nothing was heard. */
  readonly streams: Readonly<Record<string, Http2StreamOutcome | null>>;
  /** Whether the connection answered a PING afterwards. */
  readonly after: "open" | "closed";
}

export interface Http2Script {
  /** Sends the frames. */
  readonly send: (client: RawHttp2Client, target: Target) => void | Promise<void>;
  /** Streams whose end is awaited; default 1. None where the connection is to end without. */
  readonly streams?: readonly number[];
  readonly options?: RawHttp2Options;
}

const PROBE = Buffer.from("are you?");

/** Runs a script on a connection of its own, waits for its streams and then asks whether the connection still lives. */
export async function http2Exchange(target: Target, script: Http2Script): Promise<SeenHttp2> {
  const client = await RawHttp2Client.connect(target.port, script.options);
  try {
    await script.send(client, target);
    const streams: Record<string, Http2StreamOutcome | null> = {};
    for (const id of script.streams ?? [1]) streams[id] = (await client.outcome(id)) ?? null;
    client.ping(PROBE.toString());
    await waitFor(
      "an answer or the end",
      () => client.closed || client.frames.some(({ type, payload }) => type === 6 && payload.equals(PROBE)),
    );
    return { streams, after: client.closed ? "closed" : "open" };
  } finally {
    client.destroy();
  }
}

/** Several scripts by name, one after the other. */
export async function http2Exchanges(
  target: Target,
  named: Readonly<Record<string, Http2Script | Http2Script["send"]>>,
): Promise<Record<string, SeenHttp2>> {
  const seen: Record<string, SeenHttp2> = {};
  for (const [name, script] of Object.entries(named)) {
    seen[name] = await http2Exchange(target, typeof script === "function" ? { send: script } : script);
  }
  return seen;
}
