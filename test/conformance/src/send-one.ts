import { connectRaw, requestBytes } from "@sluice/harness";
import type { CaseRequest, SeenResponse } from "./conformance-case.ts";
import { seenResponse } from "./normalize.ts";

/** One request on a connection of its own, for example.test where it names no host, and what came back. */
export async function sendOne(port: number, request: CaseRequest): Promise<SeenResponse> {
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
