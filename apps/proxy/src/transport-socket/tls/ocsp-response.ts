import type { X509Certificate } from "node:crypto";
import type { DataSource } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { derOidText, readDer, readDerAll } from "./der-reader.ts";
import type { ProblemSink } from "./problem-sink.ts";

/** What a certificate's issuer said of it, as a server hands it on (RFC 6960 §4.2). Its signature is the client's to check. */
export interface OcspResponse {
  /** DER, as it is sent. */
  readonly bytes: Buffer;
  readonly thisUpdateMs: number;
  /** Undefined: the issuer did not say, which counts as expired. */
  readonly nextUpdateMs: number | undefined;
}

const BASIC_RESPONSE = "1.3.6.1.5.5.7.48.1.1";
const ENUMERATED = 0x0a;
const INTEGER = 0x02;
const GENERALIZED_TIME = 0x18;
/** Context tag 0, constructed. */
const TAG_0 = 0xa0;
const NOT_A_RESPONSE = "is not an OCSP response in DER";

/** `TlsCertificate.ocsp_staple`: one response, of this certificate. */
export function readOcspStaple(
  source: DataSource | undefined,
  leaf: X509Certificate,
  sink: ProblemSink,
): OcspResponse | undefined {
  if (source?.specifier.case === "inlineString") sink.add("OCSP staple cannot be provided via inline_string");
  const bytes = sink.read(source);
  if (bytes === undefined || bytes.length === 0) return undefined;
  const parsed = parseOcspResponse(bytes);
  if (typeof parsed === "string") sink.add(parsed);
  else if (parsed.serial !== leaf.serialNumber.toLowerCase().replace(/^(00)+(?=.)/, ""))
    sink.add("OCSP response does not match its TLS certificate");
  else return parsed.response;
  return undefined;
}

interface Parsed {
  readonly response: OcspResponse;
  /** Lower-case hexadecimal without leading zero octets. */
  readonly serial: string;
}

/** The response, or what is wrong with it. */
export function parseOcspResponse(bytes: Buffer): Parsed | string {
  const outer = readDer(bytes);
  if (outer === undefined || outer.raw.length !== bytes.length) return NOT_A_RESPONSE;
  const [status, body] = readDerAll(outer.content);
  if (status?.tag !== ENUMERATED) return NOT_A_RESPONSE;
  if (status.content[0] !== 0) return "OCSP response was unsuccessful";
  if (body?.tag !== TAG_0) return "OCSP response has no body";
  const [type, octets] = readDerAll(readDer(body.content)?.content ?? Buffer.alloc(0));
  if (type === undefined || octets === undefined) return NOT_A_RESPONSE;
  if (derOidText(type.content) !== BASIC_RESPONSE) return "is of an unknown OCSP response type";
  const basic = readDerAll(readDer(octets.content)?.content ?? Buffer.alloc(0));
  const data = readDerAll(basic[0]?.content ?? Buffer.alloc(0));
  // version [0], responderID, producedAt, responses
  const responses = data[data[0]?.tag === TAG_0 ? 3 : 2];
  const singles = readDerAll(responses?.content ?? Buffer.alloc(0));
  const [single] = singles;
  if (single === undefined || singles.length !== 1) return "OCSP Response must be for one certificate only";
  const [certificateId, , thisUpdate, next] = readDerAll(single.content);
  const serial = readDerAll(certificateId?.content ?? Buffer.alloc(0))[3];
  const thisUpdateMs = timeOf(thisUpdate);
  if (serial?.tag !== INTEGER || thisUpdateMs === undefined) return NOT_A_RESPONSE;
  const nextUpdateMs = next?.tag === TAG_0 ? timeOf(readDer(next.content)) : undefined;
  return {
    response: { bytes, thisUpdateMs, nextUpdateMs },
    serial: serial.content.toString("hex").replace(/^(00)+(?=.)/, ""),
  };
}

/** `YYYYMMDDhhmmssZ`, the only form that RFC 5280 §4.1.2.5.2 allows. */
function timeOf(value: ReturnType<typeof readDer>): number | undefined {
  if (value?.tag !== GENERALIZED_TIME) return undefined;
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(value.content.toString("latin1"));
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second] = found.map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
}
