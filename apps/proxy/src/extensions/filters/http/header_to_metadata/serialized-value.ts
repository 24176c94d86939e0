import { fromBinary } from "@bufbuild/protobuf";
import { type Value, ValueSchema } from "@bufbuild/protobuf/wkt";

/** A `google.protobuf.Value` as it is sent, as plain data; `undefined` where the octets are no such message. */
export function readSerializedValue(octets: Uint8Array): unknown {
  try {
    return plain(fromBinary(ValueSchema, octets));
  } catch {
    return undefined;
  }
}

function plain({ kind }: Value): unknown {
  switch (kind.case) {
    case "structValue":
      return Object.fromEntries(Object.entries(kind.value.fields).map(([key, field]) => [key, plain(field)]));
    case "listValue":
      return kind.value.values.map(plain);
    case "nullValue":
    case undefined:
      return null;
    default:
      return kind.value;
  }
}
