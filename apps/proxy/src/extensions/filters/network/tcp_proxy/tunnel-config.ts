import { type Compiled, gatherProblems, type Problem, refuse } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { TcpProxy_TunnelingConfig as TunnelingConfig } from "@sluice/xds/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import { compileFormatters } from "../../../../formatter/compile-formatters.ts";
import { compileSubstitutionFormat } from "../../../../formatter/compile-substitution-format.ts";
import type { SubstitutionFormatter } from "../../../../formatter/format-context.ts";
import type { OperatorTable } from "../../../../formatter/operator.ts";
import { compileHeaderMutations, type HeaderMutations } from "../../../../route/header-mutations.ts";

const UUID = "envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig";

/** `tunneling_config`. */
export interface TunnelConfig {
  /** `:authority`, from the client's connection. */
  readonly hostname: SubstitutionFormatter;
  /** Undefined: by CONNECT; else by POST to this path. */
  readonly postPath: string | undefined;
  readonly headers: HeaderMutations | undefined;
  readonly propagatesHeaders: boolean;
  readonly propagatesTrailers: boolean;
  /** Undefined: requests have no id. */
  readonly requestId: { readonly header: string; readonly metadataKey: string } | undefined;
}

export function compileTunnel(config: TunnelingConfig): Compiled<TunnelConfig> {
  const path = "tunneling_config";
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  if (config.postPath !== "" && !config.usePost) {
    const message = "Can't set a post path when POST method isn't used";
    problems.push({ path: `${path}.post_path`, message, severity: "error" });
  }
  const operators: OperatorTable = take(compileFormatters(config.formatters, `${path}.formatters`)) ?? {};
  const hostname = take(compileSubstitutionFormat(config.hostname, `${path}.hostname`));
  const headers = take(compileHeaderMutations(config.headersToAdd, [], path, "headers", operators));
  const requestId = take(compileRequestId(config, path));
  if (problems.length > 0 || hostname === undefined) return { ok: false, problems };
  return {
    ok: true,
    value: {
      hostname,
      postPath: config.usePost ? config.postPath || "/" : undefined,
      headers,
      propagatesHeaders: config.propagateResponseHeaders,
      propagatesTrailers: config.propagateResponseTrailers,
      requestId,
    },
  };
}

function compileRequestId(config: TunnelingConfig, path: string): Compiled<TunnelConfig["requestId"]> {
  const any = config.requestIdExtension?.typedConfig;
  if (any === undefined) return { ok: true, value: undefined };
  const unpacked = unpackAny(any);
  if (!unpacked.ok || unpacked.typeName !== UUID) {
    const message = unpacked.ok ? `${unpacked.typeName} is not implemented` : unpacked.message;
    const at = `${path}.request_id_extension.typed_config`;
    return refuse(at, message);
  }
  return {
    ok: true,
    value: {
      header: config.requestIdHeader.toLowerCase() || "x-request-id",
      metadataKey: config.requestIdMetadataKey || "tunnel_request_id",
    },
  };
}
