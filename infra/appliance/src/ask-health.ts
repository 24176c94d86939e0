import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";

const DEADLINE_MS = 2_000;
const BYTES_MAX = 64 << 10;

/**
 * Asks one of our own processes on this machine how it is. Its certificate is not judged: it is made for the name that browsers use,
 * and nothing secret is asked or sent.
 */
export async function askHealth(url: string): Promise<{ readonly ok: boolean; readonly text: string }> {
  const options = { signal: AbortSignal.timeout(DEADLINE_MS), agent: false } as const;
  const request = url.startsWith("https:")
    ? httpsRequest(url, { ...options, rejectUnauthorized: false })
    : httpRequest(url, options);
  const answered = Promise.withResolvers<IncomingMessage>();
  request.on("response", answered.resolve);
  request.on("error", answered.reject);
  request.end();
  const response = await answered.promise;
  let text = "";
  for await (const chunk of response as AsyncIterable<Buffer>) {
    text += chunk.toString("utf8");
    if (text.length > BYTES_MAX) break;
  }
  return { ok: response.statusCode === 200, text };
}
