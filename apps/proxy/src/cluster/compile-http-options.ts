import { create, type Message, toBinary } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds";
import type { Cluster } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type {
  HttpProtocolOptions as CommonHttpOptions,
  Http1ProtocolOptions,
  Http2ProtocolOptions,
  UpstreamHttpProtocolOptions,
} from "@sluice/xds/gen/envoy/config/core/v3/protocol_pb.js";
import {
  type HttpProtocolOptions,
  HttpProtocolOptionsSchema,
} from "@sluice/xds/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import { durationProblemsIn } from "../config-message/duration-problems.ts";
import {
  refuseUnsupportedFields,
  type SupportedFields,
} from "../config-message/refuse-unsupported-fields.ts";
import type { Http1ClientSettings } from "../http/h1/client-codec.ts";
import { compileHttp1ClientOptions } from "../http/h1/compile-http1-options.ts";
import { compileHttp2Options, type Http2Options, http2OptionProblems } from "../http/h2/http2-options.ts";
import { HTTP_FILTER_FIELDS } from "../http-filter/http-filter-fields.ts";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import { ROUTE_SUPPORTED_FIELDS } from "../route/route-supported-fields.ts";
import { CLUSTER_SUPPORTED_FIELDS } from "./cluster-supported-fields.ts";
import { mayNegotiate } from "./may-negotiate.ts";

/** `auto`: what ALPN says, else HTTP/1; `downstream`: what the client speaks. */
export type UpstreamProtocol = "http1" | "http2" | "auto" | "downstream";

/** How a cluster speaks HTTP; plain data, so that it can cross threads. Times in ms, 0: none; defaults are Envoy's. */
export interface UpstreamHttpConfig {
  readonly protocol: UpstreamProtocol;
  readonly http1: Http1ClientSettings;
  readonly http2: Http2Options;
  /** `upstream_http_protocol_options`. */
  readonly serverNames: ServerNameSource;
  /** Default 1 h. */
  readonly idleTimeoutMs: number;
  readonly maxConnectionDurationMs: number;
  /** Up to which share of it a connection may live longer, drawn by lot; 0 to 100. */
  readonly maxConnectionDurationJitterPercent: number;
  /** 0: no limit. */
  readonly maxRequestsPerConnection: number;
  /** See `responseHeadLimits`. */
  readonly maxResponseHeadersCount: number | undefined;
  readonly maxResponseHeadersKb: number | undefined;
  /** Of a try, from its request's head on. */
  readonly maxStreamDurationMs: number;
  /** An encoded HttpProtocolOptions of what it says about requests (`ClusterPolicies`); undefined: nothing. */
  readonly policies: Uint8Array | undefined;
}

/** Names that connections take from requests. */
export interface ServerNameSource {
  /** `auto_sni`: the request's host is the SNI. */
  readonly sni: boolean;
  /** `auto_san_validation`: the certificate must have it. */
  readonly verify: boolean;
  /** `override_auto_sni_header`: in place of the host, where the request has it; "": none. In lower case. */
  readonly header: string;
}

/** What they say about requests is what routes say. */
const HTTP_OPTIONS_FIELDS: SupportedFields = {
  ...ROUTE_SUPPORTED_FIELDS,
  ...HTTP_FILTER_FIELDS,
  ...CLUSTER_SUPPORTED_FIELDS,
};

const HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** Reads `typed_extension_protocol_options`, or the older fields of the cluster itself. */
export function compileHttpOptions(
  cluster: Cluster,
  extensions: ExtensionRegistry,
  problems: Problem[],
): UpstreamHttpConfig {
  const found = findHttpOptions(cluster, problems);
  const { protocol, http1, http2, path } =
    found === undefined ? ofCluster(cluster) : ofExtension(found.options, found.path);
  // Beside the extension the cluster's own fields do not count.
  const common: CommonHttpOptions | undefined =
    found === undefined ? cluster.commonHttpProtocolOptions : found.options.commonHttpProtocolOptions;
  const below = (field: string): string => (path === "" ? field : `${path}.${field}`);
  if (protocol === "auto" && !mayNegotiate(cluster)) {
    problems.push({ path, message: "ALPN needs a transport socket that has it (TLS)", severity: "error" });
  }
  problems.push(
    ...http2OptionProblems(http2, below("http2_protocol_options")),
    ...saidTwice(cluster, common, found !== undefined),
  );
  return {
    protocol,
    http1: compileHttp1ClientOptions(http1, extensions, below("http_protocol_options"), (problem) =>
      problems.push(problem),
    ),
    http2: compileHttp2Options(http2, false),
    serverNames: serverNames(
      found === undefined ? cluster.upstreamHttpProtocolOptions : found.options.upstreamHttpProtocolOptions,
    ),
    idleTimeoutMs: durationMs(common?.idleTimeout, 3_600_000),
    maxConnectionDurationMs: durationMs(common?.maxConnectionDuration, 0),
    maxConnectionDurationJitterPercent: common?.maxConnectionDurationJitter?.value ?? 0,
    maxRequestsPerConnection: common?.maxRequestsPerConnection ?? cluster.maxRequestsPerConnection ?? 0,
    maxResponseHeadersCount: common?.maxHeadersCount,
    maxResponseHeadersKb: common?.maxResponseHeadersKb,
    maxStreamDurationMs: durationMs(common?.maxStreamDuration, 0),
    policies: found === undefined ? undefined : encodePolicies(found.options),
  };
}

/** What Envoy does not choose between either. */
function saidTwice(
  cluster: Cluster,
  common: CommonHttpOptions | undefined,
  byExtension: boolean,
): readonly Problem[] {
  const problems: Problem[] = [];
  if (common?.maxRequestsPerConnection !== undefined && cluster.maxRequestsPerConnection !== undefined) {
    const message = "stands in the HTTP protocol options as well; one of them must go";
    problems.push({ path: "max_requests_per_connection", message, severity: "error" });
  }
  if (
    !byExtension &&
    cluster.httpProtocolOptions !== undefined &&
    cluster.http2ProtocolOptions !== undefined &&
    cluster.protocolSelection === 0
  ) {
    const message =
      "cannot stand beside http2_protocol_options unless protocol_selection is USE_DOWNSTREAM_PROTOCOL";
    problems.push({ path: "http_protocol_options", message, severity: "error" });
  }
  return problems;
}

/** What is compiled where requests are: in the workers. The main thread's check has done the same (`checkPolicies`). */
function encodePolicies(options: HttpProtocolOptions): Uint8Array | undefined {
  const { httpFilters, retryPolicy, requestMirrorPolicies, hashPolicy, outlierDetection } = options;
  if (
    httpFilters.length + requestMirrorPolicies.length + hashPolicy.length === 0 &&
    retryPolicy === undefined &&
    outlierDetection === undefined
  )
    return undefined;
  const policies = create(HttpProtocolOptionsSchema, { httpFilters, requestMirrorPolicies, hashPolicy });
  if (retryPolicy !== undefined) policies.retryPolicy = retryPolicy;
  if (outlierDetection !== undefined) policies.outlierDetection = outlierDetection;
  return toBinary(HttpProtocolOptionsSchema, policies);
}

function serverNames(options: UpstreamHttpProtocolOptions | undefined): ServerNameSource {
  return {
    sni: options?.autoSni ?? false,
    verify: options?.autoSanValidation ?? false,
    header: options?.overrideAutoSniHeader.toLowerCase() ?? "",
  };
}

interface Choice {
  readonly protocol: UpstreamProtocol;
  readonly http1: Http1ProtocolOptions | undefined;
  readonly http2: Http2ProtocolOptions | undefined;
  /** Of the message that holds the protocols' options, "" for the cluster. */
  readonly path: string;
}

function ofExtension(options: HttpProtocolOptions, path: string): Choice {
  const { upstreamProtocolOptions: chosen } = options;
  switch (chosen.case) {
    case "autoConfig":
      return {
        protocol: "auto",
        http1: chosen.value.httpProtocolOptions,
        http2: chosen.value.http2ProtocolOptions,
        path: `${path}.auto_config`,
      };
    case "useDownstreamProtocolConfig":
      return {
        protocol: "downstream",
        http1: chosen.value.httpProtocolOptions,
        http2: chosen.value.http2ProtocolOptions,
        path: `${path}.use_downstream_protocol_config`,
      };
    default: {
      const config = chosen.value?.protocolConfig;
      const http2 = config?.case === "http2ProtocolOptions" ? config.value : undefined;
      return {
        protocol: http2 === undefined ? "http1" : "http2",
        http1: config?.case === "httpProtocolOptions" ? config.value : undefined,
        http2,
        path: `${path}.explicit_http_config`,
      };
    }
  }
}

function ofCluster(cluster: Cluster): Choice {
  const http2 = cluster.http2ProtocolOptions;
  // ClusterProtocolSelection: 0 USE_CONFIGURED_PROTOCOL, 1 USE_DOWNSTREAM_PROTOCOL.
  const downstream = cluster.protocolSelection === 1;
  return {
    protocol: downstream ? "downstream" : http2 === undefined ? "http1" : "http2",
    http1: cluster.httpProtocolOptions,
    http2,
    path: "",
  };
}

/** The `HttpProtocolOptions` of a cluster, if it has any, and where they stand. */
export function findHttpOptions(
  cluster: Cluster,
  problems: Problem[],
): { readonly options: HttpProtocolOptions; readonly path: string } | undefined {
  for (const [name, any] of Object.entries(cluster.typedExtensionProtocolOptions)) {
    const path = `typed_extension_protocol_options[${name}]`;
    if (name !== HTTP_OPTIONS) {
      problems.push({ path, message: `the options of ${name} are not implemented`, severity: "error" });
      continue;
    }
    const unpacked = unpackAny(any);
    if (!unpacked.ok) {
      problems.push({ path, message: unpacked.message, severity: "error" });
    } else if (unpacked.typeName !== HTTP_OPTIONS) {
      problems.push({ path, message: `${unpacked.typeName} is not implemented`, severity: "error" });
    } else {
      problems.push(
        ...refuseUnsupportedFields(unpacked.schema, unpacked.message, HTTP_OPTIONS_FIELDS, path),
        ...durationProblemsIn(unpacked.schema, unpacked.message, path),
      );
      return { options: asHttpOptions(unpacked.message), path };
    }
  }
  return undefined;
}

/** The caller has checked the type's name. */
function asHttpOptions(message: Message): HttpProtocolOptions {
  return message as HttpProtocolOptions;
}
