import { type Compiled, gatherProblems, type Problem, problemsBelow } from "@sluice/extension-api";
import { type CompiledStringMatcher, compileStringMatcher } from "@sluice/matching";
import type {
  JwtClaimToHeader,
  JwtProvider,
  RemoteJwks as RemoteJwksMessage,
} from "@sluice/xds/gen/envoy/extensions/filters/http/jwt_authn/v3/config_pb.js";
import { durationMs, wholeDurationMs } from "../../../../config-message/duration-ms.ts";
import { readDataSource } from "../../../../config-message/read-data-source.ts";
import { compileCallRetries } from "../../../../grpc/call-retries.ts";
import type { HttpFactoryContext } from "../../../../http-filter/filter-chain-config.ts";
import { type JwksSource, localJwks, RemoteJwks, type RemoteJwksConfig } from "./jwks-source.ts";
import { JwtCache } from "./jwt-cache.ts";
import { statusText } from "./jwt-status.ts";
import { parseJwks } from "./parse-jwks.ts";
import { Audiences, type ClaimHeader, type Provider } from "./provider.ts";
import type { JwtStats } from "./stats.ts";
import type { LocationConfig } from "./token-locations.ts";

const CLOCK_SKEW_SECONDS = 60;
const CACHED_TOKENS = 100;
const CACHED_TOKEN_BYTES = 4096;
const JWKS_CACHE_MS = 600_000;
const FAILED_REFETCH_MS = 1000;
const RETRY_ON = "5xx,gateway-error,connect-failure,reset";

/** Starts to fetch keys, where they are wanted ahead, if this thread serves. */
export function compileProvider(
  name: string,
  config: JwtProvider,
  stats: JwtStats,
  context: HttpFactoryContext,
): Compiled<Provider> {
  const at = `providers[${JSON.stringify(name)}]`;
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  const subjects =
    config.subjects === undefined
      ? undefined
      : take(below(at, compileStringMatcher(config.subjects, "subjects")));
  const source = take(below(at, compileSource(name, config, stats, context)));
  if (problems.length > 0 || source === undefined) return { ok: false, problems };
  return { ok: true, value: providerOf(name, config, subjects, source) };
}

function providerOf(
  name: string,
  config: JwtProvider,
  subjects: CompiledStringMatcher | undefined,
  jwks: JwksSource,
): Provider {
  const cache = config.jwtCacheConfig;
  const payloadHeader = config.forwardPayloadHeader.toLowerCase();
  const claimHeaders = config.claimToHeaders.map(claimHeaderOf);
  const claimNames = claimHeaders.map(({ header }) => header);
  const lifetimeMs = durationMs(
    config.maxLifetime,
    config.requireExpiration ? Number.POSITIVE_INFINITY : undefined,
  );
  return {
    name,
    issuer: config.issuer,
    audiences: new Audiences(config.audiences),
    subjects,
    lifetimeSecondsMax: lifetimeMs === undefined ? undefined : lifetimeMs / 1000,
    skewSeconds: config.clockSkewSeconds || CLOCK_SKEW_SECONDS,
    locations: locationsOf(config),
    forward: config.forward,
    payloadHeader,
    padsPayload: config.padForwardPayloadHeader,
    payloadKey: config.payloadInMetadata,
    headerKey: config.headerInMetadata,
    failureKey: config.failedStatusInMetadata,
    wordListClaims: config.normalizePayloadInMetadata?.spaceDelimitedClaims ?? [],
    claimHeaders,
    ownHeaders: payloadHeader === "" ? claimNames : [payloadHeader, ...claimNames],
    clearsRouteCache: config.clearRouteCache,
    cache:
      cache === undefined
        ? undefined
        : new JwtCache(cache.jwtCacheSize || CACHED_TOKENS, cache.jwtMaxTokenSize || CACHED_TOKEN_BYTES),
    jwks,
  };
}

function locationsOf({ issuer, fromHeaders, fromParams, fromCookies }: JwtProvider): LocationConfig {
  if (fromHeaders.length === 0 && fromParams.length === 0 && fromCookies.length === 0)
    return {
      issuer,
      headers: [{ name: "authorization", prefix: "Bearer " }],
      params: ["access_token"],
      cookies: [],
    };
  const headers = fromHeaders.map(({ name, valuePrefix }) => ({
    name: name.toLowerCase(),
    prefix: valuePrefix,
  }));
  return { issuer, headers, params: fromParams, cookies: fromCookies };
}

function claimHeaderOf({ headerName, claimName, claimPath }: JwtClaimToHeader): ClaimHeader {
  const path = claimPath.length > 0 ? claimPath.map(({ key }) => key) : claimName.split(".");
  return { header: headerName.toLowerCase(), path };
}

function compileSource(
  name: string,
  { jwksSourceSpecifier: source }: JwtProvider,
  stats: JwtStats,
  { worker, onClose }: HttpFactoryContext,
): Compiled<JwksSource> {
  if (source.case === "remoteJwks") {
    const config = compileRemote(name, source.value, "remote_jwks");
    if (!config.ok) return config;
    const remote = new RemoteJwks(config.value, stats, worker);
    onClose(() => remote.close());
    if (worker.workerIndex >= 0) remote.start();
    return { ok: true, value: remote };
  }
  const read = readDataSource(source.value, "local_jwks", Number.POSITIVE_INFINITY);
  if (!read.ok) return read;
  // As Envoy: an empty source is no mistake, but verifies nothing.
  if (read.value.length === 0) return { ok: true, value: localJwks(undefined) };
  const jwks = parseJwks(read.value);
  if (typeof jwks !== "string") return { ok: true, value: localJwks(jwks) };
  const message = `Provider '${name}' in jwt_authn config has invalid local jwks: ${statusText(jwks)}`;
  return { ok: false, problems: [{ path: "local_jwks", message, severity: "error" }] };
}

function compileRemote(name: string, config: RemoteJwksMessage, path: string): Compiled<RemoteJwksConfig> {
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  const { httpUri, retryPolicy, asyncFetch } = config;
  const uri = httpUri?.uri ?? "";
  const parts = /^(https?):\/\/([^/?#]+)(.*)$/i.exec(uri);
  if (parts === null || !URL.canParse(uri))
    problems.push({
      path: `${path}.http_uri.uri`,
      message: `Provider '${name}' has an invalid URI: '${uri}'`,
      severity: "error",
    });
  const retries =
    retryPolicy &&
    take(compileCallRetries(retryPolicy, `${path}.retry_policy`, retryPolicy.retryOn || RETRY_ON));
  if (problems.length > 0) return { ok: false, problems };
  const [, scheme = "http", host = "", rest = ""] = parts ?? [];
  return {
    ok: true,
    value: {
      cluster: httpUri?.httpUpstreamType.value ?? "",
      scheme: scheme.toLowerCase(),
      host,
      path: rest.startsWith("/") ? rest : `/${rest}`,
      timeoutMs: wholeDurationMs(httpUri?.timeout, 0),
      retries,
      // Whole seconds, as Envoy takes them.
      cacheMs: Math.floor(durationMs(config.cacheDuration, JWKS_CACHE_MS) / 1000) * 1000,
      asyncFetch: asyncFetch && {
        fast: asyncFetch.fastListener,
        failedRefetchMs: wholeDurationMs(asyncFetch.failedRefetchDuration, FAILED_REFETCH_MS),
      },
    },
  };
}

function below<T>(path: string, compiled: Compiled<T>): Compiled<T> {
  return compiled.ok ? compiled : { ok: false, problems: problemsBelow(path, compiled.problems) };
}
