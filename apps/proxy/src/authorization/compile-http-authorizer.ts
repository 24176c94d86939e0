import { create } from "@bufbuild/protobuf";
import { type Compiled, gatherProblems, type Problem } from "@sluice/extension-api";
import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  HeaderValueOptionSchema,
} from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { HttpService } from "@sluice/xds/gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import { compileCallRetries } from "../grpc/call-retries.ts";
import { compileHeaderMutations } from "../route/header-mutations.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import type { Authorizer } from "./authorizer.ts";
import { CHECK_TIMEOUT_MS } from "./grpc-authorizer.ts";
import { compileHeaderList } from "./header-list.ts";
import { HttpAuthorizer } from "./http-authorizer.ts";

/** What the client gets of a refusal besides the headers that configuration names. */
const ALWAYS_TO_CLIENT = [":status", "content-length", "www-authenticate", "location"];

/** `path`: where the message stands. */
export function compileHttpAuthorizer(
  service: HttpService,
  path: string,
  worker: WorkerContext,
): Compiled<Authorizer> {
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  const add = (field: string, message: string): void =>
    void problems.push({ path: `${path}${field}`, message, severity: "error" });
  const { serverUri, pathPrefix, pathOverride, retryPolicy } = service;
  const { authorizationRequest: request, authorizationResponse: response } = service;
  const cluster = serverUri?.httpUpstreamType.case === "cluster" ? serverUri.httpUpstreamType.value : "";
  if (cluster === "") add(".server_uri", "needs a cluster");
  if (pathPrefix !== "" && pathOverride !== "")
    add("", "Only one of path_prefix or path_override may be set, not both.");
  if (pathPrefix !== "" && !pathPrefix.startsWith("/"))
    add(".path_prefix", 'path_prefix should start with "/".');
  if (pathOverride !== "" && !pathOverride.startsWith("/"))
    add(".path_override", 'path_override should start with "/".');
  const additions = (request?.headersToAdd ?? []).map((header) =>
    create(HeaderValueOptionSchema, { header, appendAction: AppendAction.OVERWRITE_IF_EXISTS_OR_ADD }),
  );
  const headersToAdd = take(
    compileHeaderMutations(additions, [], `${path}.authorization_request`, "headers"),
  );
  const retries =
    retryPolicy === undefined ? undefined : take(compileCallRetries(retryPolicy, `${path}.retry_policy`));
  const at = `${path}.authorization_response`;
  const list = (from: Parameters<typeof compileHeaderList>[0], field: string, also?: readonly string[]) =>
    take(compileHeaderList(from, `${at}.${field}`, also));
  const clients = response?.allowedClientHeaders;
  const named = (clients?.patterns.length ?? 0) > 0;
  const toClient = named
    ? list(clients, "allowed_client_headers", ALWAYS_TO_CLIENT)
    : (name: string): boolean => name !== ":authority";
  const toRequest = list(response?.allowedUpstreamHeaders, "allowed_upstream_headers");
  const appendedToRequest = list(
    response?.allowedUpstreamHeadersToAppend,
    "allowed_upstream_headers_to_append",
  );
  const toClientOnSuccess = list(
    response?.allowedClientHeadersOnSuccess,
    "allowed_client_headers_on_success",
  );
  const toMetadata = list(response?.dynamicMetadataFromHeaders, "dynamic_metadata_from_headers");
  if (
    problems.length > 0 ||
    toClient === undefined ||
    toRequest === undefined ||
    appendedToRequest === undefined ||
    toClientOnSuccess === undefined ||
    toMetadata === undefined
  )
    return { ok: false, problems };
  const config = Object.freeze({
    cluster,
    timeoutMs: durationMs(serverUri?.timeout, CHECK_TIMEOUT_MS),
    pathPrefix,
    pathOverride,
    headersToAdd,
    retries,
    toRequest,
    appendedToRequest,
    toClient,
    toClientOnSuccess,
    toMetadata,
  });
  return { ok: true, value: new HttpAuthorizer(config, worker) };
}
