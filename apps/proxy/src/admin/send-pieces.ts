import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";

const PIECE_BYTES = 64 * 1024;
/** How long other work of the thread may wait. */
const TURN_MS = 5;

/** Sends what `pieces` makes as it makes it, as fast as the client takes it. Answers how many octets it were. */
export async function sendPieces(
  response: ServerResponse,
  pieces: Iterable<string | Uint8Array>,
): Promise<number> {
  let bytes = 0;
  let text = "";
  let turn = performance.now();
  const flush = async (): Promise<void> => {
    const data = Buffer.from(text);
    text = "";
    await write(data);
  };
  const write = async (data: Uint8Array): Promise<void> => {
    if (data.length === 0) return;
    bytes += data.length;
    if (response.write(data)) return;
    const ended = new AbortController();
    const { signal } = ended;
    await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]).finally(
      () => ended.abort(),
    );
  };
  for (const piece of pieces) {
    if (typeof piece === "string") text += piece;
    else await write(piece);
    if (text.length >= PIECE_BYTES) await flush();
    if (performance.now() - turn > TURN_MS) {
      await nextTurn();
      turn = performance.now();
    }
    // Nobody listens any more.
    if (response.destroyed) return bytes;
  }
  if (text !== "") await flush();
  return bytes;
}
