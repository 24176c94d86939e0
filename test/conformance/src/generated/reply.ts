import { type Fields, fieldOf, type RecordedRequest, type ScriptedReply } from "@sluice/harness";

/** By number, as the header `x-reply` asks for them: `<statuses of the tries>;<number>`. */
const HEADERS: readonly Fields[] = [
  [
    ["x-up", "1"],
    ["content-type", "text/plain"],
  ],
  [
    ["x-up", "2"],
    ["server", "upstream"],
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
  ],
  [
    ["X-Up", "3"],
    ["X-Two", "a"],
    ["x-two", "b"],
    ["location", "/a/b"],
    ["date", "Thu, 01 Jan 1970 00:00:00 GMT"],
  ],
  [
    ["location", "http://l0v0.test/a"],
    ["x-envoy-upstream-canary", "true"],
    ["cache-control", "no-transform"],
  ],
  [
    ["location", "https://shared.test/api/v1/x?q=1"],
    ["etag", '"e"'],
    ["content-type", "application/json"],
    ["via", "1.1 up"],
  ],
  [
    ["x-envoy-immediate-health-check-fail", "x"],
    ["grpc-status", "14"],
    ["content-type", "application/grpc"],
    ["x-envoy-ratelimited", "true"],
    ["connection", "close"],
  ],
];
const BODY = "upstream ".repeat(8);

/** Answers by what the request says; `name` tells upstreams apart. */
export function replyOf(name: string): (request: RecordedRequest) => ScriptedReply {
  const tries = new Map<string, number>();
  return (request) => {
    const id = fieldOf(request.fields, "x-case") ?? "";
    const seen = tries.get(id) ?? 0;
    tries.set(id, seen + 1);
    const [statuses = "", number = "0"] = (fieldOf(request.fields, "x-reply") ?? "200;0").split(";");
    const list = statuses.split(",").map(Number);
    const status = list[Math.min(seen, list.length - 1)] ?? 200;
    return { status, headers: HEADERS[Number(number)] ?? [], body: `${name}: ${BODY}` };
  };
}
