import type { Compiled, Problem } from "@sluice/extension-api";
import { type GrpcService, GrpcServiceSchema } from "@sluice/xds/gen/envoy/config/core/v3/grpc_service_pb.js";
import { durationMs } from "../cluster/duration-ms.ts";
import { refuseUnsupportedFields, type SupportedFields } from "../server/refuse-unsupported-fields.ts";

/** A gRPC service as the proxy's own clients use it. */
export interface GrpcTarget {
  readonly cluster: string;
  readonly authority: string;
  readonly initialMetadata: readonly (readonly [string, string])[];
  /** 0: none. */
  readonly timeoutMs: number;
  /** A longer message of the peer's ends the stream; 0: any may come. */
  readonly messageBytesMax: number;
}

const SUPPORTED: SupportedFields = {
  "envoy.config.core.v3.GrpcService": ["envoy_grpc", "initial_metadata", "timeout"],
  "envoy.config.core.v3.GrpcService.EnvoyGrpc": [
    "cluster_name",
    "authority",
    "max_receive_message_length",
    // There are none on the proxy's own streams.
    "skip_envoy_headers",
  ],
  "envoy.config.core.v3.HeaderValue": ["key", "value"],
};

export function compileGrpcService(service: GrpcService | undefined, path: string): Compiled<GrpcTarget> {
  if (service === undefined) {
    return { ok: false, problems: [{ path, message: "must be set", severity: "error" }] };
  }
  const problems: Problem[] = refuseUnsupportedFields(GrpcServiceSchema, service, SUPPORTED, path);
  const envoyGrpc = service.targetSpecifier.case === "envoyGrpc" ? service.targetSpecifier.value : undefined;
  if (envoyGrpc === undefined && problems.length === 0) {
    problems.push({ path, message: "needs envoy_grpc", severity: "error" });
  }
  if (problems.length > 0 || envoyGrpc === undefined) return { ok: false, problems };
  return {
    ok: true,
    value: {
      cluster: envoyGrpc.clusterName,
      authority: envoyGrpc.authority,
      initialMetadata: service.initialMetadata.map(({ key, value }) => [key.toLowerCase(), value] as const),
      timeoutMs: durationMs(service.timeout, 0),
      messageBytesMax: envoyGrpc.maxReceiveMessageLength ?? 0,
    },
  };
}
