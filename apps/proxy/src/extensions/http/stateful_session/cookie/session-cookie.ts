import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { decodeBase64 } from "../../../../http/decode-base64.ts";

/** A session's endpoint, and the second since the epoch when the session ends; 0: never. */
export interface SessionCookie {
  readonly address: string;
  readonly expiresSeconds: number;
}

const ADDRESS = 1;
const EXPIRES = 2;

/** The value that clients keep: Envoy's message `envoy.Cookie` in base64. */
export function encodeSessionCookie({ address, expiresSeconds }: SessionCookie): string {
  const writer = new BinaryWriter().tag(ADDRESS, WireType.LengthDelimited).string(address);
  if (expiresSeconds !== 0) writer.tag(EXPIRES, WireType.Varint).uint64(expiresSeconds);
  return Buffer.from(writer.finish()).toString("base64");
}

/** `undefined`: no endpoint in it. What is no message is taken for the endpoint itself, as older proxies wrote it. */
export function decodeSessionCookie(value: string): SessionCookie | undefined {
  const bytes = decodeBase64(value);
  if (bytes === undefined) return undefined;
  const cookie = readMessage(bytes) ?? { address: Buffer.from(bytes).toString("latin1"), expiresSeconds: 0 };
  return cookie.address === "" ? undefined : cookie;
}

function readMessage(bytes: Uint8Array): SessionCookie | undefined {
  const reader = new BinaryReader(bytes);
  let address = "";
  let expiresSeconds = 0;
  // The reader throws on what is no message.
  try {
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === ADDRESS && type === WireType.LengthDelimited) address = reader.string();
      else if (field === EXPIRES && type === WireType.Varint) expiresSeconds = Number(reader.uint64());
      else reader.skip(type, field);
    }
  } catch {
    return undefined;
  }
  return reader.pos === reader.len ? { address, expiresSeconds } : undefined;
}
