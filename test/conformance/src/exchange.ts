import { ConnectionEnded } from "@sluice/harness";
import type { SeenResponse, Target } from "./conformance-case.ts";
import { seenResponse } from "./normalize.ts";

/** What came back for octets sent on one connection. */
export interface SeenExchange {
  readonly responses: readonly SeenResponse[];
  /** Whether the connection served a further request afterwards. */
  readonly after: "open" | "closed";
}

/**
 * Sends `octets` (latin1) on a connection of its own, reads `responses` responses (fewer if the proxy closes), then asks for
 * `/after` to see whether the connection still serves.
 *
 * @param methods of the requests in order, where they are not all GET: a response to HEAD has no body
 */
export async function exchange(
  target: Target,
  octets: string,
  responses = 1,
  methods: readonly string[] = [],
): Promise<SeenExchange> {
  const connection = await target.connect();
  const seen: SeenResponse[] = [];
  try {
    connection.write(octets);
    while (seen.length < responses)
      seen.push(seenResponse(await connection.response(methods[seen.length] ?? "GET")));
    connection.write("GET /after HTTP/1.1\r\nhost: example.test\r\n\r\n");
    await connection.response();
    return { responses: seen, after: "open" };
  } catch (error) {
    if (!(error instanceof ConnectionEnded)) throw error;
    return { responses: seen, after: "closed" };
  } finally {
    connection.destroy();
  }
}

/** Several exchanges by name, one after the other. */
export async function exchanges(
  target: Target,
  named: Readonly<Record<string, string>>,
): Promise<Record<string, SeenExchange>> {
  const seen: Record<string, SeenExchange> = {};
  for (const [name, octets] of Object.entries(named)) seen[name] = await exchange(target, octets);
  return seen;
}
