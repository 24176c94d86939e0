import { type Compiled, refuse } from "@sluice/extension-api";
import type {
  Buffer,
  BufferPerRoute,
} from "@sluice/xds/gen/envoy/extensions/filters/http/buffer/v3/buffer_pb.js";

export interface BufferConfig {
  /** `undefined`: off on this route. */
  readonly requestBytesMax: number | undefined;
}

export function compileBuffer(config: Buffer, path = ""): Compiled<BufferConfig> {
  const max = config.maxRequestBytes;
  if (max === undefined || max === 0) {
    const at = `${path}max_request_bytes`;
    return refuse(at, "more than 0 is required");
  }
  return { ok: true, value: Object.freeze({ requestBytesMax: max }) };
}

export function compileBufferPerRoute({ override }: BufferPerRoute): Compiled<BufferConfig> {
  if (override.case === "buffer") return compileBuffer(override.value, "buffer.");
  if (override.case === "disabled" && override.value) {
    return { ok: true, value: Object.freeze({ requestBytesMax: undefined }) };
  }
  const message = "one of disabled: true and buffer is required";
  return refuse("", message);
}
