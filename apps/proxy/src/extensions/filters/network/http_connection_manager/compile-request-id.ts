import { type Compiled, refuse } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { RequestIDExtension } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { UuidRequestIdConfig } from "@sluice/xds/gen/envoy/extensions/request_id/uuid/v3/uuid_pb.js";
import type { RequestIdOptions } from "../../../../tracing/trace-decision.ts";

const UUID = "envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig";

/** `request_id_extension`; without one, the UUIDs of Envoy's default. */
export function compileRequestId(
  extension: RequestIDExtension | undefined,
  path: string,
): Compiled<RequestIdOptions> {
  const any = extension?.typedConfig;
  if (any === undefined) return { ok: true, value: { packTraceReason: true, useForSampling: true } };
  const unpacked = unpackAny(any);
  if (!unpacked.ok || unpacked.typeName !== UUID) {
    const message = unpacked.ok ? `${unpacked.typeName} is not implemented` : unpacked.message;
    return refuse(`${path}.typed_config`, message);
  }
  const config = asUuidConfig(unpacked.message);
  return {
    ok: true,
    value: {
      packTraceReason: config.packTraceReason ?? true,
      useForSampling: config.useRequestIdForTraceSampling ?? true,
    },
  };
}

/** The caller has checked the type's name. */
function asUuidConfig(message: unknown): UuidRequestIdConfig {
  return message as UuidRequestIdConfig;
}
