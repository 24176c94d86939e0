import type { CelInput } from "@bufbuild/cel";
import { headersMap } from "./attribute-map.ts";
import { durationOf, timestampOf } from "./durations.ts";
import type { CelSubject } from "./expression.ts";
import { toText } from "./to-text.ts";

/** `request.…`; undefined: there is none of that name, or not yet. */
export function requestAttribute({ request, streamInfo }: CelSubject, name: string): CelInput | undefined {
  const header = HEADERS.get(name);
  if (header !== undefined) {
    const value = request?.get(header);
    return value === undefined ? undefined : toText(value);
  }
  switch (name) {
    case "headers":
      return headersMap(request);
    case "headers_bytes":
      return BigInt(request?.byteSize ?? 0);
    case "url_path":
      return request === undefined ? undefined : toText(request.get(":path") ?? "").split("?", 1)[0];
    case "query":
      return request === undefined ? undefined : queryOf(toText(request.get(":path") ?? ""));
    case "time":
      return timestampOf(streamInfo.startTimeMs);
    case "duration":
      return durationOf(streamInfo.durationMs);
    case "protocol":
      return streamInfo.protocol;
    case "size":
      return size(request?.get("content-length"), streamInfo.bytesReceived);
    case "total_size":
      return BigInt(streamInfo.bytesReceived + (request?.byteSize ?? 0));
    default:
      return undefined;
  }
}

const HEADERS: ReadonlyMap<string, string> = new Map([
  ["path", ":path"],
  ["host", ":authority"],
  ["scheme", ":scheme"],
  ["method", ":method"],
  ["referer", "referer"],
  ["id", "x-request-id"],
  ["useragent", "user-agent"],
]);

function queryOf(path: string): string {
  const question = path.indexOf("?");
  return question < 0 ? "" : (path.slice(question + 1).split("#", 1)[0] ?? "");
}

/** What the message says of its length, and where it says nothing what has come. */
function size(contentLength: string | undefined, received: number): bigint | undefined {
  if (contentLength === undefined) return BigInt(received);
  return /^\d{1,18}$/.test(contentLength) ? BigInt(contentLength) : undefined;
}
