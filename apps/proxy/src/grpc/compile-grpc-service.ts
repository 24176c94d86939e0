import { type Compiled, type Problem, refuse } from "@sluice/extension-api";
import { ApiVersion } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { type GrpcService, GrpcServiceSchema } from "@sluice/xds/gen/envoy/config/core/v3/grpc_service_pb.js";
import type { CommonGrpcAccessLogConfig } from "@sluice/xds/gen/envoy/extensions/access_loggers/grpc/v3/als_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import { NO_V2 } from "../config-message/refusal-words.ts";
import {
  refuseUnsupportedFields,
  type SupportedFields,
} from "../config-message/refuse-unsupported-fields.ts";
import { type CallRetries, compileCallRetries } from "./call-retries.ts";

/** A gRPC service as the proxy's own clients use it. */
export interface GrpcTarget {
  readonly cluster: string;
  readonly authority: string;
  readonly initialMetadata: readonly (readonly [string, string])[];
  /** 0: none. */
  readonly timeoutMs: number;
  /** Undefined: calls are made once. */
  readonly retries: CallRetries | undefined;
  /** A longer message of the peer's ends the stream; 0: any may come. */
  readonly messageBytesMax: number;
  /** Single calls do not tell whom they are from (`skip_envoy_headers`). */
  readonly withoutEnvoyHeaders: boolean;
}

/** `CommonGrpcAccessLogConfig.grpc_service`, with its `grpc_stream_retry_policy`. */
export function compileLogService(
  config:
    | Pick<CommonGrpcAccessLogConfig, "grpcService" | "grpcStreamRetryPolicy" | "transportApiVersion">
    | undefined,
  path: string,
): Compiled<GrpcTarget> {
  if (config?.transportApiVersion === ApiVersion.V2) return refuse(`${path}.transport_api_version`, NO_V2);
  const service = compileGrpcService(config?.grpcService, `${path}.grpc_service`);
  const policy = config?.grpcStreamRetryPolicy;
  if (policy === undefined) return service;
  const at = `${path}.grpc_stream_retry_policy`;
  if (policy.retryOn !== "" && policy.retryOn !== CONNECT_FAILURE) {
    const message = `Envoy retries on ${CONNECT_FAILURE} whatever stands here; other conditions belong into grpc_service.retry_policy`;
    return refuse(`${at}.retry_on`, message);
  }
  const retries = compileCallRetries(policy, at, CONNECT_FAILURE);
  if (!service.ok || !retries.ok) {
    return { ok: false, problems: [service, retries].flatMap((each) => (each.ok ? [] : each.problems)) };
  }
  return { ok: true, value: { ...service.value, retries: retries.value } };
}

const CONNECT_FAILURE = "connect-failure";

/** What of a RetryPolicy has an effect on calls of the proxy's own. */
export const CALL_RETRY_FIELDS: SupportedFields = {
  "envoy.config.core.v3.RetryPolicy": ["retry_on", "num_retries", "retry_back_off"],
  "envoy.config.core.v3.BackoffStrategy": ["base_interval", "max_interval"],
};

const SUPPORTED: SupportedFields = {
  "envoy.config.core.v3.GrpcService": [
    "envoy_grpc",
    "initial_metadata",
    "retry_policy",
    // Of single calls: streams have no end, in Envoy either.
    "timeout",
  ],
  ...CALL_RETRY_FIELDS,
  "envoy.config.core.v3.GrpcService.EnvoyGrpc": [
    "cluster_name",
    "authority",
    "max_receive_message_length",
    // Of single calls: there are none on the proxy's own streams.
    "skip_envoy_headers",
  ],
  "envoy.config.core.v3.HeaderValue": ["key", "value"],
};

export function compileGrpcService(service: GrpcService | undefined, path: string): Compiled<GrpcTarget> {
  if (service === undefined) {
    return refuse(path, "must be set");
  }
  const problems: Problem[] = refuseUnsupportedFields(GrpcServiceSchema, service, SUPPORTED, path);
  const envoyGrpc = service.targetSpecifier.case === "envoyGrpc" ? service.targetSpecifier.value : undefined;
  if (envoyGrpc === undefined && problems.length === 0) {
    problems.push({ path, message: "needs envoy_grpc", severity: "error" });
  }
  const policy = service.retryPolicy;
  const retries = policy === undefined ? undefined : compileCallRetries(policy, `${path}.retry_policy`);
  if (retries?.ok === false) problems.push(...retries.problems);
  if (problems.length > 0 || envoyGrpc === undefined) return { ok: false, problems };
  return {
    ok: true,
    value: {
      cluster: envoyGrpc.clusterName,
      authority: envoyGrpc.authority,
      initialMetadata: service.initialMetadata.map(({ key, value }) => [key.toLowerCase(), value] as const),
      retries: retries?.ok === true ? retries.value : undefined,
      timeoutMs: durationMs(service.timeout, 0),
      messageBytesMax: envoyGrpc.maxReceiveMessageLength ?? 0,
      withoutEnvoyHeaders: envoyGrpc.skipEnvoyHeaders,
    },
  };
}
