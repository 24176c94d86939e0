import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { isGrpcContentType } from "@sluice/matching";
import type { FormatContext } from "../../formatter/format-context.ts";
import { frameMessage } from "../../grpc/frame-message.ts";
import { formatGrpcTimeout } from "../../http/grpc-timeout.ts";
import { Headers } from "../../http/header-map.ts";
import type { ProbeAnswer, RequestCheck } from "./codec-probe.ts";
import { applyHeaderChanges } from "./header-changes.ts";
import type { GrpcCheck } from "./health-check-config.ts";

const SERVING = 1;
/** Of a HealthCheckResponse with its frame; it has one enum. */
const ANSWER_BYTES_MAX = 1024;

/** grpc.health.v1.Health/Check. `context`: what its headers may tell of. `timeoutMs`: the host is told how long it is waited for. */
export function createGrpcCheck(
  check: GrpcCheck,
  authority: string,
  secure: boolean,
  context: () => FormatContext,
  timeoutMs: number,
): RequestCheck {
  const message = encodeRequest(check.serviceName);
  return {
    bodyBytes: ANSWER_BYTES_MAX,
    request: () => {
      const headers = new Headers([
        ":method",
        "POST",
        ":path",
        "/grpc.health.v1.Health/Check",
        ":authority",
        authority,
        ":scheme",
        secure ? "https" : "http",
        "te",
        "trailers",
        "content-type",
        "application/grpc",
        "user-agent",
        "Envoy/HC",
      ]);
      applyHeaderChanges(headers, check.headers, context());
      headers.set("grpc-timeout", formatGrpcTimeout(timeoutMs));
      return { headers, body: message };
    },
    judge: (answer, sink) => {
      if (isServing(answer)) sink.onSuccess(false);
      else sink.onFailure("active", false, false);
    },
  };
}

function isServing({ headers, trailers, body }: ProbeAnswer): boolean {
  if (headers.get(":status") !== "200" || !isGrpcContentType(headers.get("content-type"))) return false;
  if ((trailers ?? headers).get("grpc-status") !== "0") return false;
  if (body.length < 5 || body[0] !== 0) return false;
  const length = body.readUInt32BE(1);
  // One message, and no more.
  if (body.length !== 5 + length) return false;
  return statusField(body.subarray(5, 5 + length)) === SERVING;
}

/** Field 1 of the message, an enum; 0 when it is absent or the message is malformed. */
function statusField(message: Uint8Array): number {
  const reader = new BinaryReader(message);
  let found = 0;
  try {
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === 1 && type === WireType.Varint) found = reader.int32();
      else reader.skip(type, field);
    }
  } catch {
    return 0;
  }
  return found;
}

/** A HealthCheckRequest in its gRPC frame. */
function encodeRequest(service: string): Buffer {
  const writer = new BinaryWriter();
  if (service !== "") writer.tag(1, WireType.LengthDelimited).string(service);
  return frameMessage(writer.finish());
}
