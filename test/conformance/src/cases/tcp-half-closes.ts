import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { ConformanceCase } from "../conformance-case.ts";
import { tcpBootstrap } from "../tcp-bootstrap.ts";

const FORMAT =
  "flags=%RESPONSE_FLAGS% rx=%BYTES_RECEIVED% tx=%BYTES_SENT% down=%DOWNSTREAM_DETECTED_CLOSE_TYPE%/%DOWNSTREAM_LOCAL_CLOSE_REASON% up=%UPSTREAM_DETECTED_CLOSE_TYPE%/%UPSTREAM_LOCAL_CLOSE_REASON% %CONNECTION_TERMINATION_DETAILS%";

const upstreamSaw: string[] = [];

/** Does what the letters of its input say, one after the other, and tells what it sees. */
function lettered(socket: Socket): void {
  const act = (letter: string): void => {
    upstreamSaw.push(letter);
    if (letter === "w") socket.write("w");
    else if (letter === "e") socket.end("e");
    else if (letter === "c") socket.destroy();
    else if (letter === "r") socket.resetAndDestroy();
  };
  socket.on("data", (chunk: Buffer) => {
    for (const letter of chunk.toString("latin1")) act(letter);
  });
  socket.on("end", () => upstreamSaw.push("fin"));
  socket.on("error", (error: NodeJS.ErrnoException) => upstreamSaw.push(String(error.code)));
  socket.on("close", () => upstreamSaw.push("closed"));
}

/** What a client does, one step every 60 ms: a text is sent, `|` half-closes, `!` resets, `x` closes, `.` waits. */
function talk(port: number, steps: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const saw: string[] = [];
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    socket.on("data", (chunk: Buffer) => saw.push(chunk.toString("latin1")));
    socket.on("end", () => saw.push("fin"));
    socket.on("error", (error: NodeJS.ErrnoException) => saw.push(String(error.code)));
    const run = async (): Promise<void> => {
      for (const step of steps) {
        if (step === "|") socket.end();
        else if (step === "!") socket.resetAndDestroy();
        else if (step === "x") socket.destroy();
        else if (step !== "." && !socket.destroyed && !socket.writableEnded) socket.write(step);
        await wait(60);
      }
      socket.destroy();
      resolve(saw);
    };
    socket.on("connect", () => void run());
  });
}

const SCRIPTS: Readonly<Record<string, readonly string[]>> = {
  "the upstream ends, the client goes on and ends": ["e", "a", "b", "|", "."],
  "the upstream ends, the client goes on and closes": ["e", "a", "x", "."],
  "the upstream ends, the client goes on and resets": ["e", "a", "!", "."],
  "the client ends, the upstream goes on": ["w", "|", "."],
  "the client ends at once": ["|", "."],
  "the client closes at once": ["x", "."],
  "the client resets at once": ["!", "."],
  "the upstream closes with nothing unread": ["c", ".", "a", "b", "."],
  "the upstream closes with something unread": ["ca", ".", "a", "b", "."],
  "the upstream resets": ["r", ".", "a", "."],
  "the upstream ends and resets": ["e", "r", "."],
  "the client ends, then nobody does anything": ["w", "|", ".", ".", ".", ".", ".", ".", ".", ".", "."],
  "the upstream ends, then nobody does anything": ["e", ".", ".", ".", ".", ".", ".", ".", ".", "."],
  "the client ends and resets": ["w", "|", "!", "."],
};
/** `lines`: sessions that end. */
const LISTENERS = {
  "nothing ends them": { fields: "", lines: 10 },
  "ended when idle": { fields: "idle_timeout: 0.3s", lines: 15 },
  "ended when old": { fields: "max_downstream_connection_duration: 0.4s", lines: 15 },
};

export const TCP_HALF_CLOSE_CASES: readonly ConformanceCase[] = Object.entries(LISTENERS).map(
  ([ended, { fields, lines }]) => ({
    title: `half-closes, closes and resets of TCP sessions in every order, on either side: ${ended}`,
    yaml: tcpBootstrap([{ name: "main", fields }], FORMAT),
    tcp: lettered,
    observe: async ({ port }) => {
      const seen: Record<string, unknown> = {};
      // The first session of a worker may be slower than the steps.
      await talk(port, ["e", ".", ".", ".", ".", ".", ".", ".", "."]);
      for (const [what, steps] of Object.entries(SCRIPTS)) {
        upstreamSaw.length = 0;
        const client = await talk(port, steps);
        await wait(60);
        seen[what] = { client, upstream: [...upstreamSaw] };
      }
      return seen;
    },
    accessLog: { file: "access.log", lines },
    stats: ["idle_timeout", "max_downstream_connection_duration", "upstream_flush_active"].map(
      (stat) => `tcp.main.${stat}`,
    ),
  }),
);
