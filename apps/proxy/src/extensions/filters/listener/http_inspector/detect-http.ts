export type HttpVersion = "http/1.0" | "http/1.1" | "h2c";

/** `more`: the bytes so far may become any of them. `none`: they are none of them. */
export type Detected = HttpVersion | "more" | "none";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [^ \r\n]+ HTTP\/1\.([0-9])\r?\n$/;
/** What a request line may begin with, as far as it has come. */
const BEGUN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: [^ \r\n]*(?: [^\n]*)?)?$/;

/** Which HTTP a client speaks, by its first bytes. */
export function detectHttp(bytes: Buffer): Detected {
  const same = Math.min(bytes.length, PREFACE.length);
  if (bytes.compare(PREFACE, 0, same, 0, same) === 0) return same === PREFACE.length ? "h2c" : "more";
  const newline = bytes.indexOf(10);
  const line = bytes.toString("latin1", 0, newline < 0 ? bytes.length : newline + 1);
  if (newline < 0) return BEGUN.test(line) ? "more" : "none";
  const minor = REQUEST_LINE.exec(line)?.[1];
  if (minor === undefined) return "none";
  return minor === "0" ? "http/1.0" : "http/1.1";
}
