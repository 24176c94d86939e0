import { createHash } from "node:crypto";
import type { ClientHelloMessage } from "../../../../transport-socket/tls/read-client-hello.ts";

/** Values that clients put in by chance so that servers stay tolerant (RFC 8701). */
const isGrease = (value: number): boolean => (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);

/** JA3: MD5 over version, suites, extensions, groups and point formats, in the client's order. */
export function ja3Fingerprint(hello: ClientHelloMessage): string {
  const joined = (values: readonly number[]): string => values.filter((one) => !isGrease(one)).join("-");
  const text = [
    String(hello.legacyVersion),
    joined(hello.cipherSuites),
    joined(hello.extensions),
    joined(hello.groups),
    joined(hello.pointFormats),
  ].join(",");
  return createHash("md5").update(text).digest("hex");
}

const VERSIONS: Readonly<Record<number, string>> = { 772: "13", 771: "12", 770: "11", 769: "10", 768: "s3" };
const SERVER_NAME = 0;
const ALPN = 16;

/** JA4 (TLS over TCP): a readable part, then hashes over sorted suites, and sorted extensions with signature algorithms. */
export function ja4Fingerprint(hello: ClientHelloMessage): string {
  const suites = hello.cipherSuites.filter((one) => !isGrease(one));
  const extensions = hello.extensions.filter((one) => !isGrease(one));
  const offered = hello.supportedVersions.filter((one) => !isGrease(one));
  const version = VERSIONS[offered.length > 0 ? Math.max(...offered) : hello.legacyVersion] ?? "00";
  const count = (list: readonly number[]): string => String(Math.min(99, list.length)).padStart(2, "0");
  const sni = extensions.includes(SERVER_NAME) ? "d" : "i";
  const head = `t${version}${sni}${count(suites)}${count(extensions)}${alpnEnds(hello.applicationProtocols[0])}`;
  const kept = extensions.filter((one) => one !== SERVER_NAME && one !== ALPN);
  const signatures = hello.signatureAlgorithms.filter((one) => !isGrease(one)).map(hex);
  const tail = signatures.length === 0 ? "" : `_${signatures.join(",")}`;
  const sorted = (list: readonly number[]): string => list.map(hex).sort().join(",");
  return `${head}_${suites.length === 0 ? NONE : hash(sorted(suites))}_${
    kept.length === 0 && tail === "" ? NONE : hash(sorted(kept) + tail)
  }`;
}

const NONE = "000000000000";
const hex = (value: number): string => value.toString(16).padStart(4, "0");
const hash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** First and last character of the first protocol; of its hexadecimal form where one of them is no letter or digit. */
function alpnEnds(protocol: string | undefined): string {
  if (protocol === undefined || protocol === "") return "00";
  const plain = /^[0-9A-Za-z]$/;
  const first = protocol.charAt(0);
  const last = protocol.charAt(protocol.length - 1);
  if (plain.test(first) && plain.test(last)) return first + last;
  const digits = Buffer.from(protocol, "latin1").toString("hex");
  return digits.charAt(0) + digits.charAt(digits.length - 1);
}
