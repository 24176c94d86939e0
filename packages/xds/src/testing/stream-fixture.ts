import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
  type DiscoveryRequest,
  DiscoveryRequestSchema,
  type DiscoveryResponse,
  DiscoveryResponseSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { unpackAny } from "../registry/any.ts";
import { type DeltaRequest, readDeltaRequest } from "../server/delta-request.ts";
import { DeltaTypeStream } from "../server/delta-type-stream.ts";
import { DiscoveryStream } from "../server/discovery-stream.ts";
import { EncodedResources } from "../server/encoded-resources.ts";
import { SotwTypeStream } from "../server/sotw-type-stream.ts";
import { VirtualHostStream } from "../server/virtual-host-stream.ts";
import { TYPE_URLS } from "../type-urls.ts";
import { MutableSource, RecordingObserver, resource } from "./xds-fixture.ts";

/** A cluster whose content is its connect timeout. */
export const c = (name: string, seconds = 1) =>
  resource(name, ClusterSchema, { name, connectTimeout: { seconds: BigInt(seconds) } });
export const l = (name: string, statPrefix = "") => resource(name, ListenerSchema, { name, statPrefix });
export const r = (name: string, host = "h") =>
  resource(name, RouteConfigurationSchema, { name, virtualHosts: [{ name: host }] });

export function start(test: TestContext, holdMs = 60_000) {
  const source = new MutableSource();
  const observer = new RecordingObserver();
  const encoded = new EncodedResources();
  const shared = { id: 1, peer: "127.0.0.1:1", typeUrl: undefined, source, observer, holdMs };
  const stream = new DiscoveryStream<DiscoveryRequest, DiscoveryResponse>({
    ...shared,
    variant: "ads",
    createTypeStream: (typeUrl, identity) => new SotwTypeStream(typeUrl, encoded, identity),
  });
  const deltaStream = new DiscoveryStream<DeltaRequest, DeltaDiscoveryResponse>({
    ...shared,
    variant: "delta-ads",
    createTypeStream: (typeUrl, identity) =>
      typeUrl === TYPE_URLS.virtualHost
        ? new VirtualHostStream()
        : new DeltaTypeStream(typeUrl, encoded, identity),
  });
  const delta = {
    receive: (message: DeltaDiscoveryRequest) =>
      deltaStream.receive(readDeltaRequest(toBinary(DeltaDiscoveryRequestSchema, message))),
    responses: () => deltaStream.responses(),
  };
  test.after(() => {
    stream.end();
    deltaStream.end();
  });
  source.watch(() => {
    stream.refresh();
    deltaStream.refresh();
  });
  return { source, observer, stream, delta };
}

/** Pulls what is due now: a stream that has nothing to send does not answer within a few turns of the event loop. */
export function puller<Response>(responses: AsyncGenerator<Response>): () => Promise<Response | undefined> {
  let pending: Promise<IteratorResult<Response>> | undefined;
  return async () => {
    pending ??= responses.next();
    const nothing = Symbol();
    const first = await Promise.race([
      pending,
      new Promise<typeof nothing>((resolve) => setImmediate(() => setImmediate(() => resolve(nothing)))),
    ]);
    if (first === nothing) return undefined;
    pending = undefined;
    return first.done === true ? undefined : first.value;
  };
}

export const node = { id: "n" };
export const request = (init: Omit<MessageInitShape<typeof DiscoveryRequestSchema>, "node" | "$typeName">) =>
  create(DiscoveryRequestSchema, { node, ...init });
export const ack = (response: DiscoveryResponse | undefined, resourceNames: string[] = []) =>
  request({
    typeUrl: response?.typeUrl ?? "",
    responseNonce: response?.nonce ?? "",
    versionInfo: response?.versionInfo ?? "",
    resourceNames,
  });

export function names(response: DiscoveryResponse | undefined): string[] {
  assert.ok(response, "a response is due");
  const decoded = fromBinary(DiscoveryResponseSchema, toBinary(DiscoveryResponseSchema, response));
  return decoded.resources
    .map((any) => {
      const unpacked = unpackAny(any);
      return unpacked.ok && "name" in unpacked.message ? String(unpacked.message.name) : "?";
    })
    .sort();
}

export const deltaRequest = (
  init: Omit<MessageInitShape<typeof DeltaDiscoveryRequestSchema>, "node" | "$typeName">,
) => create(DeltaDiscoveryRequestSchema, { node, ...init });
export const deltaAck = (response: DeltaDiscoveryResponse | undefined) =>
  deltaRequest({ typeUrl: response?.typeUrl ?? "", responseNonce: response?.nonce ?? "" });
export const decoded = (response: DeltaDiscoveryResponse | undefined) => {
  assert.ok(response, "a response is due");
  return fromBinary(DeltaDiscoveryResponseSchema, toBinary(DeltaDiscoveryResponseSchema, response));
};
export const deltaNames = (response: DeltaDiscoveryResponse | undefined) =>
  decoded(response)
    .resources.map(({ name }) => name)
    .sort();
