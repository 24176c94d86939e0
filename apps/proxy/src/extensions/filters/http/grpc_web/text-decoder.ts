/** Text of base64 in pieces of any length: `application/grpc-web-text` allows padding wherever a message ends. */
export class Base64Decoder {
  #rest = "";

  /** What the text means so far, undefined: it is not base64. */
  decode(chunk: Uint8Array, endStream: boolean): Buffer | "bad size" | "bad data" {
    const text = this.#rest + Buffer.from(chunk).toString("latin1");
    if (endStream && text.length % 4 !== 0) return "bad size";
    const usable = text.length - (text.length % 4);
    this.#rest = text.slice(usable);
    const whole = text.slice(0, usable);
    if (!/^(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)*$/.test(whole)) return "bad data";
    const parts = whole.match(/[A-Za-z0-9+/]+={0,2}/g) ?? [];
    return Buffer.concat(parts.map((part) => Buffer.from(part, "base64")));
  }
}
