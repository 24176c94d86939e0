import { JoinRefusal } from "@sluice/config";
import type { Peer } from "./peer.ts";

/** Answers every HTTPS call of the xDS port that is not gRPC. Rejects when there is nobody to answer any more. */
export interface JoinHandler {
  handle(request: JoinRequest, answer: JoinAnswer, peer: Peer): Promise<void>;
}

/** What both of Node's request classes have. */
export interface JoinRequest extends AsyncIterable<Buffer> {
  readonly method: string;
  readonly path: string;
}

/** What both of Node's response classes have. */
export interface JoinAnswer {
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
  end(text: string): unknown;
}

const BODY_BYTES_MAX = 32 * 1024;
const BODY_DEADLINE_MS = 10_000;

/** @throws JoinRefusal `invalid` */
export async function readJsonBody(request: JoinRequest): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let length = 0;
  const deadline = performance.now() + BODY_DEADLINE_MS;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) throw new JoinRefusal("invalid", "the request is too long");
    if (performance.now() > deadline) throw new JoinRefusal("invalid", "the request came too slowly");
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (typeof body === "object" && body !== null) return { ...body };
  } catch {
    // Told below.
  }
  throw new JoinRefusal("invalid", "the request's body is no JSON object");
}

export function refuse(
  answer: JoinAnswer,
  status: number,
  error: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  answer.writeHead(status, { "content-type": "application/json", ...headers });
  answer.end(JSON.stringify({ error, message }));
}
