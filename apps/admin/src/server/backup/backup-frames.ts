import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import { ByteReader } from "./byte-reader.ts";

/**
 * A stream under a passphrase. The file: magic, version, scrypt's costs and salt; then frames, each `last` (1 byte), length (4 bytes),
 * AES-256-GCM ciphertext with its tag. A frame's nonce is its number and whether it is the last one, its additional data the
 * header: frames that are changed, swapped, repeated or cut off do not open.
 */
const MAGIC = Buffer.from("SLUICE-BACKUP\n");
const VERSION = 1;
const HEADER_BYTES = MAGIC.length + 4 + 16;
const FRAME_BYTES = 65_536;
const TAG_BYTES = 16;
/** scrypt's: 128 MiB and about half a second for each guess at a passphrase. */
const COST = { logN: 17, r: 8, p: 1 };
/** Of files that are read: 512 MiB, so that a made-up header cannot take the memory. */
const LOG_N_MAX = 19;

export const PASSPHRASE_LENGTH_MIN = 12;

/** Why a backup cannot be read, for people. */
export class BackupError extends Error {
  override readonly name = "BackupError";
}

/** @param cost for tests: `logN` from 10 */
export async function* sealStream(
  source: AsyncIterable<Uint8Array>,
  passphrase: string,
  cost: typeof COST = COST,
): AsyncGenerator<Buffer> {
  const salt = randomBytes(16);
  const header = Buffer.concat([MAGIC, Buffer.from([VERSION, cost.logN, cost.r, cost.p]), salt]);
  const key = await deriveKey(passphrase, salt, cost.logN, cost.r, cost.p);
  yield header;
  const reader = new ByteReader(source);
  let plain = (await reader.read(FRAME_BYTES)) ?? Buffer.alloc(0);
  for (let number = 0; ; number++) {
    const next = await reader.read(FRAME_BYTES);
    const last = next === undefined;
    const cipher = createCipheriv("aes-256-gcm", key, nonceOf(number, last));
    cipher.setAAD(header);
    const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    const head = Buffer.alloc(5);
    head.writeUInt8(last ? 1 : 0, 0);
    head.writeUInt32BE(sealed.length, 1);
    yield Buffer.concat([head, sealed]);
    if (next === undefined) return;
    plain = next;
  }
}

/** @throws BackupError */
export async function* openStream(
  source: AsyncIterable<Uint8Array>,
  passphrase: string,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  const header = await reader.read(HEADER_BYTES);
  if (header?.length !== HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC))
    throw new BackupError("this is no backup of Sluice");
  const [version, logN = 0, r = 0, p = 0] = header.subarray(MAGIC.length, MAGIC.length + 4);
  if (version !== VERSION)
    throw new BackupError(
      `this backup has format ${version}; this version of Sluice reads format ${VERSION}`,
    );
  if (logN < 10 || logN > LOG_N_MAX || r !== 8 || p < 1 || p > 4)
    throw new BackupError("the backup's header is damaged");
  const key = await deriveKey(passphrase, header.subarray(HEADER_BYTES - 16), logN, r, p);
  for (let number = 0; ; number++) {
    const head = await reader.read(5);
    if (head?.length !== 5) throw new BackupError("the backup breaks off: its end is missing");
    const last = head.readUInt8(0) === 1;
    const length = head.readUInt32BE(1);
    if (length < TAG_BYTES || length > FRAME_BYTES + TAG_BYTES)
      throw new BackupError("the backup is damaged");
    const sealed = await reader.read(length);
    if (sealed?.length !== length) throw new BackupError("the backup breaks off: its end is missing");
    yield openFrame(sealed, key, nonceOf(number, last), header, number === 0);
    if (!last) continue;
    if ((await reader.read(1)) !== undefined)
      throw new BackupError("something stands behind the backup's end");
    return;
  }
}

function openFrame(sealed: Buffer, key: Buffer, nonce: Buffer, header: Buffer, isFirst: boolean): Buffer {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce);
    decipher.setAAD(header);
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw new BackupError(
      isFirst ? "the passphrase is not the backup's, or the file is damaged" : "the backup is damaged",
    );
  }
}

function nonceOf(number: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(number), 3);
  nonce.writeUInt8(last ? 1 : 0, 11);
  return nonce;
}

const scryptAsync = promisify<string, Buffer, number, object, Buffer>(scrypt);

async function deriveKey(
  passphrase: string,
  salt: Buffer,
  logN: number,
  r: number,
  p: number,
): Promise<Buffer> {
  const N = 2 ** logN;
  return await scryptAsync(passphrase.normalize("NFKC"), salt, 32, { N, r, p, maxmem: 256 * N * r });
}
