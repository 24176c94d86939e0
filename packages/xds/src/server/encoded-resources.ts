import { create, type Message, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { ResourceSchema } from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import type { SnapshotResource, SnapshotType } from "../snapshot-source.ts";

type UnknownFields = NonNullable<Message["$unknown"]>;

/** `resources` has this number in DiscoveryResponse and DeltaDiscoveryResponse alike. */
const RESOURCES = 2;

/**
 * The `resources` of a response, encoded once per snapshot section and shared by every stream that gets all of it; the
 * response carries them as a field it does not know, whose bytes protobuf writes as they are.
 */
export class EncodedResources {
  private readonly whole = new WeakMap<SnapshotType, Map<string, UnknownFields>>();
  private readonly single = new WeakMap<SnapshotResource, Map<string, Uint8Array>>();

  /** All of `section`, as Any. */
  wholeSotw(typeUrl: string, section: SnapshotType): UnknownFields {
    return this.wholeOf("sotw", section, () => this.sotw(typeUrl, section.resources.values()));
  }

  /** All of `section`, as Resource. */
  wholeDelta(typeUrl: string, section: SnapshotType): UnknownFields {
    return this.wholeOf("delta", section, () => this.delta(typeUrl, section.resources.values()));
  }

  sotw(typeUrl: string, resources: Iterable<SnapshotResource>): UnknownFields {
    return concatenate(resources, (resource) =>
      this.singleOf("sotw", resource, () =>
        toBinary(AnySchema, create(AnySchema, { typeUrl, value: resource.value })),
      ),
    );
  }

  delta(typeUrl: string, resources: Iterable<SnapshotResource>): UnknownFields {
    return concatenate(resources, (resource) =>
      this.singleOf("delta", resource, () => {
        const { name, version, value } = resource;
        return toBinary(
          ResourceSchema,
          create(ResourceSchema, { name, version, resource: { typeUrl, value } }),
        );
      }),
    );
  }

  private wholeOf(form: string, section: SnapshotType, encode: () => UnknownFields): UnknownFields {
    return remember(this.whole, section, form, encode);
  }

  private singleOf(form: string, resource: SnapshotResource, encode: () => Uint8Array): Uint8Array {
    return remember(this.single, resource, form, encode);
  }
}

function remember<Key extends object, Value>(
  memory: WeakMap<Key, Map<string, Value>>,
  key: Key,
  form: string,
  make: () => Value,
): Value {
  let forms = memory.get(key);
  if (forms === undefined) {
    forms = new Map();
    memory.set(key, forms);
  }
  let value = forms.get(form);
  if (value === undefined) {
    value = make();
    forms.set(form, value);
  }
  return value;
}

/** One unknown field whose data goes on, past its first value, with the tags of the following ones. */
function concatenate(
  resources: Iterable<SnapshotResource>,
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
