import { type Compiled, gatherProblems, type Problem, refuse } from "@sluice/extension-api";
import { type Condition, compileMetadataMatcher, compileRuntimeFraction } from "@sluice/matching";
import { ApiVersion } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type {
  BufferSettings,
  CheckSettings,
  ExtAuthz,
  ExtAuthzPerRoute,
} from "@sluice/xds/gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.js";
import type { Authorizer } from "../../../../authorization/authorizer.ts";
import { compileHttpAuthorizer } from "../../../../authorization/compile-http-authorizer.ts";
import { compileGrpcAuthorizer } from "../../../../authorization/grpc-authorizer.ts";
import { compileHeaderList, type HeaderList } from "../../../../authorization/header-list.ts";
import { NO_V2 } from "../../../../config-message/refusal-words.ts";
import type { HttpFactoryContext } from "../../../../http-filter/filter-chain-config.ts";
import { compileMutationRules, type MutationCheck } from "../../../../route/header-mutation-rules.ts";
import { compileFeatureFlag } from "../../../../runtime/feature-flag.ts";
import { ClusterStats, createExtAuthzStats, type ExtAuthzStats } from "./stats.ts";

/** `with_request_body`. */
export interface BodySettings {
  readonly bytesMax: number;
  readonly partial: boolean;
}

export interface ExtAuthzConfig {
  readonly worker: HttpFactoryContext["worker"];
  readonly stats: ExtAuthzStats;
  readonly clusterStats: ClusterStats;
  readonly authorizer: Authorizer;
  readonly failureModeAllow: boolean;
  readonly failureModeHeader: boolean;
  /** Undefined: the service gets no body. */
  readonly body: BodySettings | undefined;
  readonly packAsBytes: boolean;
  readonly rawHeaders: boolean;
  readonly clearRouteCache: boolean;
  /** Undefined: any change of the request clears the route. */
  readonly clearingHeaders: ReadonlySet<string> | undefined;
  readonly statusOnError: number;
  readonly validateMutations: boolean;
  /** Undefined: the service may change any header. */
  readonly mutationCheck: MutationCheck | undefined;
  readonly metadataNamespaces: readonly string[];
  readonly routeMetadataNamespaces: readonly string[];
  readonly routeTypedMetadataNamespaces: readonly string[];
  /** Undefined: all requests. */
  readonly enabled: Condition | undefined;
  readonly enabledMetadata: Condition | undefined;
  denyAtDisable(): boolean;
  readonly includePeerCertificate: boolean;
  readonly includeTlsSession: boolean;
  readonly destinationLabels: Readonly<Record<string, string>>;
  readonly headerLists: {
    readonly allowed: HeaderList | undefined;
    readonly disallowed: HeaderList | undefined;
  };
  readonly chargesCluster: boolean;
  readonly takesDynamicMetadata: boolean;
  readonly filterMetadata: Readonly<Record<string, unknown>> | undefined;
  readonly emitsStats: boolean;
  /** 0: any may be. */
  readonly deniedBodyBytesMax: number;
  readonly enforcesResponseLimits: boolean;
  readonly shadowMode: boolean;
}

/** What a route says of it. */
export interface ExtAuthzRouteConfig {
  readonly disabled: boolean;
  readonly contextExtensions: Readonly<Record<string, string>>;
  readonly withoutBody: boolean;
  /** Undefined: the filter's. */
  readonly body: BodySettings | undefined;
  /** Undefined: the filter's. */
  readonly authorizer: Authorizer | undefined;
}

const FORBIDDEN = 403;
/** What an HTTP service sees in any case. */
const ALWAYS_ALLOWED = ["authorization", ":method", ":path", ":authority"];

export function compileExtAuthz(
  config: ExtAuthz,
  { worker, stats }: HttpFactoryContext,
): Compiled<ExtAuthzConfig> {
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  // As Envoy, which looks at it for gRPC alone.
  if (config.services.case !== "httpService" && config.transportApiVersion === ApiVersion.V2)
    problems.push({ path: "transport_api_version", message: NO_V2, severity: "error" });
  const authorizer = take(compileAuthorizer(config.services, "", worker));
  const enabled =
    config.filterEnabled && take(compileRuntimeFraction(config.filterEnabled, "filter_enabled"));
  const enabledMetadata =
    config.filterEnabledMetadata &&
    take(compileMetadataMatcher(config.filterEnabledMetadata, "filter_enabled_metadata"));
  const rules = config.decoderHeaderMutationRules;
  const mutationCheck = rules && take(compileMutationRules(rules, "decoder_header_mutation_rules"));
  const headerLists = take(compileHeaderLists(config));
  if (problems.length > 0 || authorizer === undefined || headerLists === undefined)
    return { ok: false, problems };
  const statusOnError = config.statusOnError?.code ?? 0;
  const clearing = config.clearRouteCacheHeaders;
  return {
    ok: true,
    value: Object.freeze({
      worker,
      stats: createExtAuthzStats(stats, config.statPrefix),
      clusterStats: new ClusterStats(worker.stats, config.statPrefix),
      authorizer,
      failureModeAllow: config.failureModeAllow,
      failureModeHeader: config.failureModeAllowHeaderAdd,
      body: compileBody(config.withRequestBody),
      packAsBytes: config.services.case === "httpService" || config.withRequestBody?.packAsBytes === true,
      rawHeaders: config.encodeRawHeaders,
      clearRouteCache: config.clearRouteCache,
      clearingHeaders:
        clearing.length === 0 ? undefined : new Set(clearing.map((name) => name.toLowerCase())),
      statusOnError: statusOnError >= 100 && statusOnError <= 511 ? statusOnError : FORBIDDEN,
      validateMutations: config.validateMutations,
      mutationCheck,
      metadataNamespaces: config.metadataContextNamespaces,
      routeMetadataNamespaces: config.routeMetadataContextNamespaces,
      routeTypedMetadataNamespaces: config.routeTypedMetadataContextNamespaces,
      enabled,
      enabledMetadata,
      denyAtDisable:
        config.denyAtDisable === undefined
          ? () => false
          : compileFeatureFlag(config.denyAtDisable, worker.runtime),
      includePeerCertificate: config.includePeerCertificate,
      includeTlsSession: config.includeTlsSession,
      destinationLabels: labelsIn(worker.localInfo.metadata?.[config.bootstrapMetadataLabelsKey]),
      headerLists,
      chargesCluster: config.chargeClusterResponseStats !== false,
      takesDynamicMetadata: config.enableDynamicMetadataIngestion !== false,
      filterMetadata: config.filterMetadata,
      emitsStats: config.emitFilterStateStats,
      deniedBodyBytesMax: config.maxDeniedResponseBodyBytes,
      enforcesResponseLimits: config.enforceResponseHeaderLimits,
      shadowMode: config.shadowMode,
    }),
  };
}

export function compileExtAuthzPerRoute(
  { override }: ExtAuthzPerRoute,
  { worker }: HttpFactoryContext,
): Compiled<ExtAuthzRouteConfig> {
  const settings = override.case === "checkSettings" ? override.value : undefined;
  const withoutBody = settings?.disableRequestBodyBuffering === true;
  if (withoutBody && settings?.withRequestBody !== undefined) {
    const message = "Only one of disable_request_body_buffering or with_request_body can be set.";
    return refuse("check_settings", message);
  }
  const service: CheckSettings["serviceOverride"] = settings?.serviceOverride ?? { case: undefined };
  const authorizer =
    service.case === undefined ? undefined : compileAuthorizer(service, "check_settings.", worker);
  if (authorizer?.ok === false) return authorizer;
  return {
    ok: true,
    value: Object.freeze({
      disabled: override.case === "disabled" && override.value,
      contextExtensions: settings?.contextExtensions ?? {},
      withoutBody,
      body: compileBody(settings?.withRequestBody),
      authorizer: authorizer?.value,
    }),
  };
}

function compileAuthorizer(
  service: ExtAuthz["services"],
  at: string,
  worker: HttpFactoryContext["worker"],
): Compiled<Authorizer> {
  switch (service.case) {
    case "grpcService":
      return compileGrpcAuthorizer(service.value, `${at}grpc_service`, worker);
    case "httpService":
      return compileHttpAuthorizer(service.value, `${at}http_service`, worker);
    default:
      return refuse(at, "one of grpc_service and http_service is required");
  }
}

/** Lists of names that the service may see; a service that speaks HTTP sees few unless they are allowed. */
function compileHeaderLists(config: ExtAuthz): Compiled<ExtAuthzConfig["headerLists"]> {
  const { services, allowedHeaders, disallowedHeaders } = config;
  const http = services.case === "httpService" ? services.value : undefined;
  const older = http?.authorizationRequest?.allowedHeaders;
  if (allowedHeaders !== undefined && older !== undefined)
    return refuse("allowed_headers", "Invalid duplicate configuration for allowed_headers.");
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  const allowed =
    http === undefined && allowedHeaders === undefined
      ? undefined
      : take(
          older === undefined
            ? compileHeaderList(allowedHeaders, "allowed_headers", http && ALWAYS_ALLOWED)
            : compileHeaderList(older, "http_service.authorization_request.allowed_headers", ALWAYS_ALLOWED),
        );
  const disallowed = disallowedHeaders && take(compileHeaderList(disallowedHeaders, "disallowed_headers"));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: { allowed, disallowed } };
}

function compileBody(settings: BufferSettings | undefined): BodySettings | undefined {
  if (settings === undefined) return undefined;
  return { bytesMax: settings.maxRequestBytes, partial: settings.allowPartialMessage };
}

function labelsIn(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, label]) => [key, typeof label === "string" ? label : ""]),
  );
}
