import { type Compiled, refuse } from "@sluice/extension-api";
import type { DataSource } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { readDataSource } from "../../../config-message/read-data-source.ts";

export interface Dictionary {
  /** Stands in each frame that is compressed with it. */
  readonly id: number;
  readonly bytes: Buffer;
}

const DICTIONARY_MAGIC = 0xec30a437;
const FRAME_MAGIC = 0xfd2fb528;
/** Octets of the identifier by the frame descriptor's lowest bits. */
const ID_BYTES = [0, 1, 2, 4];

/** A trained dictionary (RFC 8878 §5), read when the configuration is compiled; one without an identifier is refused, as in Envoy. */
export function readDictionary(source: DataSource, path: string): Compiled<Dictionary> {
  const read = readDataSource(source, path, Number.POSITIVE_INFINITY);
  if (!read.ok) return read;
  const bytes = read.value;
  const trained = bytes.length >= 8 && bytes.readUInt32LE(0) === DICTIONARY_MAGIC;
  const id = trained ? bytes.readUInt32LE(4) : 0;
  if (id !== 0) return { ok: true, value: { id, bytes } };
  return refuse(path, "this is no zstd dictionary with an identifier");
}

/** The identifier of the dictionary that a frame (RFC 8878 §3.1.1.1) was compressed with, by its first octets; 0: it names none. */
export function frameDictionaryId(start: Uint8Array): number {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.length);
  if (bytes.length < 5 || bytes.readUInt32LE(0) !== FRAME_MAGIC) return 0;
  const descriptor = bytes.readUInt8(4);
  const length = ID_BYTES[descriptor & 3] ?? 0;
  const hasWindow = (descriptor & 0x20) === 0;
  const at = hasWindow ? 6 : 5;
  return length === 0 || bytes.length < at + length ? 0 : bytes.readUIntLE(at, length);
}
