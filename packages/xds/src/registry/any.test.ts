import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { type Cluster, ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { BufferSchema } from "@sluice/xds/gen/envoy/extensions/filters/http/buffer/v3/buffer_pb.js";
import { CorsSchema } from "@sluice/xds/gen/envoy/extensions/filters/http/cors/v3/cors_pb.js";
import { ExportTraceServiceRequestSchema } from "@sluice/xds/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";
import { TypedStructSchema } from "@sluice/xds/gen/xds/type/v3/typed_struct_pb.js";
import { packAny, unpackAny } from "./any.ts";
import { apiRegistry, messageTypeNames } from "./api-registry.ts";
import { typeNameOf, typeUrlOf } from "./unknown-type.ts";

test("the registry holds Envoy's API, its extensions and OTLP", () => {
  for (const name of [
    "envoy.config.listener.v3.Listener",
    "envoy.extensions.filters.http.wasm.v3.Wasm",
    "xds.type.matcher.v3.Matcher",
    ExportTraceServiceRequestSchema.typeName,
  ]) {
    assert.equal(apiRegistry().getMessage(name)?.typeName, name);
  }
  assert.ok(messageTypeNames().length > 1500);
});

test("a message survives packing and unpacking, and its generated type fits", () => {
  const cluster = create(ClusterSchema, { name: "a", connectTimeout: { seconds: 3n, nanos: 0 } });
  const any = packAny(ClusterSchema, cluster);
  assert.equal(typeNameOf(any), "envoy.config.cluster.v3.Cluster");
  const unpacked = unpackAny(any);
  assert.ok(unpacked.ok);
  assert.equal((unpacked.message as Cluster).connectTimeout?.seconds, 3n);
  assert.deepEqual(toBinary(unpacked.schema, unpacked.message), toBinary(ClusterSchema, cluster));
  assert.deepEqual(packAny("envoy.config.cluster.v3.Cluster", cluster), any);
});

for (const spelling of ["xds.type.v3.TypedStruct", "udpa.type.v1.TypedStruct"]) {
  test(`a ${spelling} unpacks to the extension that it names`, () => {
    const content = create(TypedStructSchema, {
      typeUrl: "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer",
      value: { max_request_bytes: 1024 },
    });
    const typeUrl = typeUrlOf(spelling);
    const unpacked = unpackAny({ typeUrl, value: toBinary(TypedStructSchema, content) });
    assert.ok(unpacked.ok);
    assert.equal(unpacked.typeName, BufferSchema.typeName);
    const buffer = fromBinary(BufferSchema, toBinary(unpacked.schema, unpacked.message));
    assert.equal(buffer.maxRequestBytes, 1024);
  });
}

test("an unknown type is named together with the nearest known one", () => {
  const unpacked = unpackAny(
    create(AnySchema, { typeUrl: "type.googleapis.com/envoy.extensions.filters.http.cor.v3.Cors" }),
  );
  assert.ok(!unpacked.ok);
  assert.equal(unpacked.reason, "unknown_type");
  assert.equal(unpacked.nearest, CorsSchema.typeName);
  assert.match(unpacked.message, /unknown type 'envoy.extensions.filters.http.cor.v3.Cors'; did you mean/);
});

test("content that is no such message is a result, not an exception", () => {
  const unpacked = unpackAny({
    typeUrl: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    value: Uint8Array.of(0x0a, 0xff),
  });
  assert.ok(!unpacked.ok);
  assert.equal(unpacked.reason, "malformed");
});
