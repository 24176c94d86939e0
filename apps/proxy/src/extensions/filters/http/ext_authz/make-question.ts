import type { JsonObject } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { DecoderCallbacks, HeaderMap } from "@sluice/extension-api";
import {
  type CheckQuestion,
  type ContextFacts,
  encodeCheckRequest,
  type RequestFacts,
} from "../../../../authorization/check-question.ts";
import { seenHeaders } from "../../../../authorization/header-list.ts";
import { EnvoyHeader } from "../../../../http/envoy-headers.ts";
import type { ExtAuthzConfig, ExtAuthzRouteConfig } from "./config.ts";

/** `body`: what is buffered, as much of it as may be; `bytesMax` of it are sent. */
export function makeQuestion(
  config: ExtAuthzConfig,
  headers: HeaderMap,
  body: Uint8Array | undefined,
  bytesMax: number,
  decoding: DecoderCallbacks,
): CheckQuestion {
  const { rawHeaders, packAsBytes } = config;
  const seen = seenHeaders(headers, config.headerLists, EnvoyHeader.authPartialBody, rawHeaders);
  const sent = bytesMax > 0 ? body?.subarray(0, bytesMax) : undefined;
  if (sent !== undefined) seen.push([EnvoyHeader.authPartialBody, String(sent.length !== body?.length)]);
  const parts = { headers: seen, body: sent, packAsBytes };
  return {
    ...parts,
    encode: () => encodeCheckRequest(requestFacts(headers, decoding), contextFacts(config, decoding), parts),
  };
}

function requestFacts(
  headers: HeaderMap,
  { streamId, streamInfo, connection }: DecoderCallbacks,
): RequestFacts {
  const get = (name: string): string => headers.get(name) ?? "";
  return {
    id: String(streamId),
    method: get(":method"),
    path: get(":path"),
    host: get(":authority"),
    scheme: get(":scheme"),
    streamInfo,
    connection,
    callingService: get(EnvoyHeader.downstreamServiceCluster),
  };
}

function contextFacts(config: ExtAuthzConfig, decoding: DecoderCallbacks): ContextFacts {
  const { streamInfo } = decoding;
  const route = decoding.route();
  return {
    destinationLabels: config.destinationLabels,
    contextExtensions: Object.assign(
      {},
      ...decoding.allPerRouteConfigs<ExtAuthzRouteConfig>().map((level) => level.contextExtensions),
    ),
    metadata: namespaces<JsonObject>(config.metadataNamespaces, (name) =>
      streamInfo.getDynamicMetadata(name),
    ),
    routeMetadata: namespaces<JsonObject>(config.routeMetadataNamespaces, (name) => route?.metadata?.[name]),
    routeTypedMetadata: namespaces<Any>(
      config.routeTypedMetadataNamespaces,
      (name) => route?.typedMetadata?.[name],
    ),
    includePeerCertificate: config.includePeerCertificate,
    includeTlsSession: config.includeTlsSession,
    rawHeaders: config.rawHeaders,
  };
}

/** Those that are there. `T`: what metadata of the kind is. */
function namespaces<T>(names: readonly string[], find: (name: string) => unknown): Record<string, T> {
  const found: Record<string, T> = {};
  for (const name of names) {
    const value = find(name);
    if (value !== undefined) found[name] = value as T;
  }
  return found;
}
