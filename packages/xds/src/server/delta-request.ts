import { isAscii } from "node:buffer";
import { fromBinary } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";

/** Field numbers of DeltaDiscoveryRequest of which a client that comes back has one for each of its resources. */
const SUBSCRIBE = 3;
const INITIAL_VERSIONS = 5;
const KEY = 1;
const VALUE = 2;

/**
 * A DeltaDiscoveryRequest. The names and versions of many resources may be parts of one text: who keeps one of them keeps all,
 * and makes an `ownText` of it instead.
 */
export interface DeltaRequest extends Omit<DeltaDiscoveryRequest, "initialResourceVersions" | "$typeName"> {
  /** `initial_resource_versions`: name and version, of a name that comes twice the later one counts. */
  readonly initialVersions: readonly (readonly [name: string, version: string])[];
}

/**
 * Reads an encoded request. A thousand nodes that come back name thousands of resources each: those are read without a look-up or
 * a copy for every one of them; protobuf reads the rest. Throws what protobuf does when the bytes are no such message.
 */
export function readDeltaRequest(bytes: Uint8Array): DeltaRequest {
  const text = textOf(bytes);
  const reader = new BinaryReader(bytes);
  const subscribed: string[] = [];
  const initialVersions: (readonly [string, string])[] = [];
  const rest: Uint8Array[] = [];
  let restFrom = 0;
  while (reader.pos < reader.len) {
    const fieldFrom = reader.pos;
    const [field, wireType] = reader.tag();
    if (wireType !== WireType.LengthDelimited || (field !== SUBSCRIBE && field !== INITIAL_VERSIONS)) {
      reader.skip(wireType, field);
      continue;
    }
    if (restFrom < fieldFrom) rest.push(bytes.subarray(restFrom, fieldFrom));
    const end = reader.uint32() + reader.pos;
    if (end > reader.len) throw new RangeError("premature EOF");
    if (field === SUBSCRIBE) subscribed.push(text(reader.pos, end));
    else initialVersions.push(readEntry(reader, end, text));
    reader.pos = end;
    restFrom = end;
  }
  if (restFrom < bytes.length) rest.push(bytes.subarray(restFrom));
  const { initialResourceVersions: _, ...request } = fromBinary(
    DeltaDiscoveryRequestSchema,
    rest.length === 1 && rest[0] !== undefined ? rest[0] : Buffer.concat(rest),
  );
  return { ...request, resourceNamesSubscribe: subscribed, initialVersions };
}

/** Without the text that `part` is a part of. */
export function ownText(part: string): string {
  return Buffer.from(part).toString();
}

type TextAt = (from: number, to: number) => string;

function readEntry(reader: BinaryReader, end: number, text: TextAt): readonly [string, string] {
  let name = "";
  let version = "";
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    if (wireType === WireType.LengthDelimited && (field === KEY || field === VALUE)) {
      const length = reader.uint32();
      const found = text(reader.pos, reader.pos + length);
      reader.pos += length;
      if (field === KEY) name = found;
      else version = found;
    } else reader.skip(wireType, field);
  }
  if (reader.pos !== end) throw new RangeError("premature EOF");
  return [name, version];
}

/** UTF-8 texts within `bytes`; of ASCII, as nearly all are, parts of one text. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): TextAt {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const isPlain = isAscii(bytes);
  return (from, to) => {
    for (let at = from; !isPlain && at < to; at++) {
      if ((bytes[at] ?? 0) > 0x7f) return UTF8.decode(bytes.subarray(from, to));
    }
    return whole.slice(from, to);
  };
}
