import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { fromJsonString } from "@bufbuild/protobuf";
import { DiscoveryRequestSchema } from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { apiRegistry } from "../registry/api-registry.ts";
import type { AuthenticatedNode, NodeIdentity } from "../snapshot-source.ts";
import { foreignId } from "./authenticated-node.ts";
import { nodeIdentity } from "./node-identity.ts";
import { requestedNames } from "./requested-names.ts";

export type RestRequest =
  | {
      readonly ok: true;
      readonly node: NodeIdentity;
      readonly names: readonly string[];
      /** What the node has. */
      readonly version: string;
      /** How long the node can be made to wait; 0 when it does not say. */
      readonly waitMs: number;
    }
  | { readonly ok: false; readonly status: number; readonly message: string };

/** Reads a posted DiscoveryRequest of `typeUrl`. */
export async function readRestRequest(
  request: IncomingMessage | Http2ServerRequest,
  typeUrl: string,
  bytesMax: number,
  authenticated?: AuthenticatedNode,
): Promise<RestRequest> {
  if (request.method !== "POST") return refused(405, "post a DiscoveryRequest");
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) return refused(413, `the request is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  let message: ReturnType<typeof parse>;
  try {
    message = parse(Buffer.concat(chunks).toString("utf8"));
  } catch (error) {
    return refused(400, error instanceof Error ? error.message : String(error));
  }
  if (message.typeUrl !== "" && message.typeUrl !== typeUrl)
    return refused(400, `this path has ${typeUrl} only, not ${message.typeUrl}`);
  const node = nodeIdentity(message.node, authenticated);
  if (node === undefined) return refused(400, "the request must carry a node with an id");
  const lie = authenticated === undefined ? undefined : foreignId(authenticated, node.id);
  if (lie !== undefined) return refused(403, lie);
  const timeoutMs = Number(request.headers["x-envoy-expected-rq-timeout-ms"] ?? 0);
  const waitMs = Number.isFinite(timeoutMs) && timeoutMs > 0 ? timeoutMs / 2 : 0;
  return { ok: true, node, names: requestedNames(message), version: message.versionInfo, waitMs };
}

function parse(json: string) {
  return fromJsonString(DiscoveryRequestSchema, json, { registry: apiRegistry(), ignoreUnknownFields: true });
}

function refused(status: number, message: string): RestRequest {
  return { ok: false, status, message };
}
