import { create, type Message, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { AnySchema, type Duration } from "@bufbuild/protobuf/wkt";
import { ResourceSchema } from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import type { SnapshotResource } from "../snapshot-source.ts";

export type UnknownFields = NonNullable<Message["$unknown"]>;

/**
 * `sotw`: an Any of the resource, or of a Resource around it where it has a TTL. `delta`: a Resource. `beat`: a Resource with
 * its name, version and TTL only, by delta. `…Plain`: for clients that do not know TTLs.
 */
export type ResourceForm = "sotw" | "sotwPlain" | "delta" | "deltaPlain" | "beat";

/** `resources` has this number in DiscoveryResponse and DeltaDiscoveryResponse alike. */
const RESOURCES = 2;
const RESOURCE_TYPE_URL = "type.googleapis.com/envoy.service.discovery.v3.Resource";

/**
 * The `resources` of responses, encoded once for all the streams that send the same ones; the response carries them as a
 * field it does not know, whose bytes protobuf writes as they are.
 */
export class EncodedResources {
  private readonly lists = new WeakMap<readonly SnapshotResource[], Map<ResourceForm, UnknownFields>>();
  private readonly single = new WeakMap<SnapshotResource, Map<ResourceForm, Uint8Array>>();

  /** Remembered by the list's identity. */
  encode(form: ResourceForm, typeUrl: string, resources: readonly SnapshotResource[]): UnknownFields {
    return remember(this.lists, resources, form, () =>
      concatenate(resources, (resource) =>
        remember(this.single, resource, form, () => encodeOne(form, typeUrl, resource)),
      ),
    );
  }
}

function encodeOne(form: ResourceForm, typeUrl: string, resource: SnapshotResource): Uint8Array {
  const { name, version, value, ttlMs, aliases = [] } = resource;
  const any = { typeUrl, value };
  const withTtl = ttlMs === undefined ? {} : { ttl: durationOf(ttlMs) };
  switch (form) {
    case "sotwPlain":
      return toBinary(AnySchema, create(AnySchema, any));
    case "sotw": {
      if (ttlMs === undefined) return toBinary(AnySchema, create(AnySchema, any));
      const wrapper = create(ResourceSchema, { name, version, resource: any, ...withTtl });
      const wrapped = { typeUrl: RESOURCE_TYPE_URL, value: toBinary(ResourceSchema, wrapper) };
      return toBinary(AnySchema, create(AnySchema, wrapped));
    }
    case "deltaPlain":
      return toBinary(
        ResourceSchema,
        create(ResourceSchema, { name, version, aliases: [...aliases], resource: any }),
      );
    case "delta": {
      const init = { name, version, aliases: [...aliases], resource: any, ...withTtl };
      return toBinary(ResourceSchema, create(ResourceSchema, init));
    }
    case "beat":
      return toBinary(ResourceSchema, create(ResourceSchema, { name, version, ...withTtl }));
  }
}

function durationOf(milliseconds: number): Duration {
  const seconds = Math.floor(milliseconds / 1000);
  return {
    $typeName: "google.protobuf.Duration",
    seconds: BigInt(seconds),
    nanos: Math.round((milliseconds - seconds * 1000) * 1_000_000),
  };
}

function remember<Key extends object, Name, Value>(
  memory: WeakMap<Key, Map<Name, Value>>,
  key: Key,
  name: Name,
  make: () => Value,
): Value {
  let values = memory.get(key);
  if (values === undefined) {
    values = new Map();
    memory.set(key, values);
  }
  let value = values.get(name);
  if (value === undefined) {
    value = make();
    values.set(name, value);
  }
  return value;
}

/** One unknown field whose data goes on, past its first value, with the tags of the following ones. */
function concatenate(
  resources: readonly SnapshotResource[],
  encode: (resource: SnapshotResource) => Uint8Array,
): UnknownFields {
  const writer = new BinaryWriter();
  let first = true;
  for (const resource of resources) {
    if (!first) writer.tag(RESOURCES, WireType.LengthDelimited);
    writer.bytes(encode(resource));
    first = false;
  }
  return first ? [] : [{ no: RESOURCES, wireType: WireType.LengthDelimited, data: writer.finish() }];
}
