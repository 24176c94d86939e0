import { BackupError } from "./backup-frames.ts";
import { ByteReader } from "./byte-reader.ts";

const DATA_BYTES_MAX = 1 << 20;

/** What a backup consists of, in this order: manifest, keys, then each table with its rows, end. */
export type BackupRecord =
  | { readonly type: "manifest"; readonly manifest: BackupManifest }
  | { readonly type: "keys"; readonly keys: BackupKeys }
  | { readonly type: "table"; readonly table: BackedUpTable }
  /** Rows in the text format of Postgres' COPY. */
  | { readonly type: "data"; readonly data: Buffer }
  | { readonly type: "end" };

export interface BackupManifest {
  readonly createdAt: string;
  /** Of each set of migrations, the hashes that were applied. */
  readonly migrations: Readonly<Record<string, readonly string[]>>;
  readonly tables: readonly string[];
}

/** What opens the sealed values in the tables. */
export interface BackupKeys {
  /** The key ring, the current key first; base64. */
  readonly secretKeys: readonly string[];
  /** Signs cookies, and encrypts what the sign-in keeps of second factors. */
  readonly authSecret: string;
}

export interface BackedUpTable {
  /** `config.version` */
  readonly name: string;
  readonly columns: readonly string[];
}

const CODES = { manifest: 1, keys: 2, table: 3, data: 4, end: 5 } as const;

export function encodeRecord(record: BackupRecord): Buffer {
  const payload =
    record.type === "data" ? record.data : Buffer.from(JSON.stringify(record.type === "end" ? {} : record));
  const head = Buffer.alloc(5);
  head.writeUInt8(CODES[record.type], 0);
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

/** @throws BackupError */
export async function* decodeRecords(source: AsyncIterable<Uint8Array>): AsyncGenerator<BackupRecord> {
  const reader = new ByteReader(source);
  for (;;) {
    const head = await reader.read(5);
    if (head?.length !== 5) throw new BackupError("the backup breaks off: its end is missing");
    const length = head.readUInt32BE(1);
    if (length > DATA_BYTES_MAX) throw new BackupError("the backup has a record that is too long");
    const payload = length === 0 ? Buffer.alloc(0) : await reader.read(length);
    if (payload?.length !== length) throw new BackupError("the backup breaks off: its end is missing");
    const type = head.readUInt8(0);
    if (type === CODES.data) yield { type: "data", data: payload };
    else if (type === CODES.end) {
      yield { type: "end" };
      return;
    } else yield asRecord(JSON.parse(payload.toString("utf8")));
  }
}

/** What was authenticated as a whole was written by `encodeRecord`. */
function asRecord(value: unknown): BackupRecord {
  return value as BackupRecord;
}

/** COPY's chunks in records of bounded length. */
export function* dataRecords(chunk: Buffer): Generator<Buffer> {
  for (let start = 0; start < chunk.length; start += DATA_BYTES_MAX)
    yield encodeRecord({ type: "data", data: chunk.subarray(start, start + DATA_BYTES_MAX) });
}
