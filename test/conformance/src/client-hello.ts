/** A ClientHello with these extensions, in records of at most `recordBytes`. */
export function clientHello(sni?: string, alpn: readonly string[] = [], recordBytes = 16384): Buffer {
  const u16 = (n: number): Buffer => Buffer.from([n >> 8, n & 255]);
  const vector = (bytes: Buffer): Buffer => Buffer.concat([u16(bytes.length), bytes]);
  const extensions: Buffer[] = [];
  if (sni !== undefined) {
    const name = Buffer.concat([Buffer.from([0]), vector(Buffer.from(sni))]);
    extensions.push(u16(0), vector(vector(name)));
  }
  if (alpn.length > 0) {
    const names = alpn.map((one) => Buffer.concat([Buffer.from([one.length]), Buffer.from(one)]));
    extensions.push(u16(16), vector(vector(Buffer.concat(names))));
  }
  extensions.push(u16(43), vector(Buffer.from([4, 3, 4, 3, 3])));
  const body = Buffer.concat([
    u16(0x0303),
    Buffer.alloc(32, 7),
    Buffer.from([0]),
    vector(Buffer.from([0x13, 0x01, 0x13, 0x02])),
    Buffer.from([1, 0]),
    vector(Buffer.concat(extensions)),
  ]);
  const message = Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += recordBytes) {
    const part = message.subarray(at, at + recordBytes);
    records.push(Buffer.from([22, 3, 1]), u16(part.length), part);
  }
  return Buffer.concat(records);
}
