import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { RouterSchema } from "@sluice/xds/gen/envoy/extensions/filters/http/router/v3/router_pb.js";
import { packAny, unpackAny } from "./any.ts";
import { messageInAny, preferMessages } from "./api-registry.ts";

test("an Any of a preferred message is read with that message's own descriptor, others as before", () => {
  const typeName = "envoy.extensions.filters.http.router.v3.Router";
  assert.notEqual(messageInAny(typeName), RouterSchema);
  preferMessages([RouterSchema]);
  const unpacked = unpackAny(packAny(RouterSchema, create(RouterSchema, { suppressEnvoyHeaders: true })));
  assert.ok(unpacked.ok);
  assert.equal(unpacked.schema, RouterSchema);
  assert.deepEqual(unpacked.message, create(RouterSchema, { suppressEnvoyHeaders: true }));
  assert.equal(messageInAny("envoy.config.cluster.v3.Cluster")?.typeName, "envoy.config.cluster.v3.Cluster");
  assert.equal(messageInAny("envoy.api.v2.Cluster"), undefined);
});
