const PREFIX_BYTES = 5;

/** An uncompressed message behind its prefix, as gRPC sends it over HTTP/2: a flag, and the length in four octets. */
export function frameMessage(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  framed.writeUInt8(0, 0);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, PREFIX_BYTES);
  return framed;
}
