import { type CelValue, isCelList, isCelMap, isCelType, isCelUint } from "@bufbuild/cel";
import type { ReflectMessage } from "@bufbuild/protobuf/reflect";
import { type Duration, DurationSchema, type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { toBinaryString } from "@sluice/matching";
import { messageText } from "./message-text.ts";

/** A value as Envoy prints it, in octets; lists, maps and types say only that they are such. */
export function printCelValue(value: CelValue): string {
  switch (typeof value) {
    case "boolean":
    case "bigint":
      return String(value);
    case "number":
      return sixDigits(value);
    case "string":
      return toBinaryString(value);
    default:
      return printObject(value);
  }
}

function printObject(value: Exclude<CelValue, boolean | bigint | number | string>): string {
  if (value === null) return "NULL";
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  if (isCelUint(value)) return String(value.value);
  if (isCelList(value)) return "CelList value";
  if (isCelMap(value)) return "CelMap value";
  if (isCelType(value)) return "CelType value";
  return printMessage(value);
}

function printMessage(value: ReflectMessage): string {
  const { typeName } = value.desc;
  if (typeName === DurationSchema.typeName) return printDuration(asSpan(value).seconds, asSpan(value).nanos);
  if (typeName === TimestampSchema.typeName)
    return printTimestamp(asSpan(value).seconds, asSpan(value).nanos);
  return messageText(value);
}

/** Both types have the same fields; the caller has compared the name. */
const asSpan = ({ message }: ReflectMessage): Duration | Timestamp => message as Duration | Timestamp;

/** As C's `%g`. */
export function sixDigits(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  const [digits = "", exponentText = "0"] = value.toExponential(5).split("e");
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return trimmed(value.toFixed(5 - exponent));
  const sign = exponent < 0 ? "-" : "+";
  return `${trimmed(digits)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

const trimmed = (digits: string): string => (digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits);

const NANOS = 1_000_000_000n;

/** As `absl::FormatDuration`: `1h2m3.5s`, `1.5ms`, `0`. */
export function printDuration(seconds: bigint, nanos: number): string {
  const total = seconds * NANOS + BigInt(nanos);
  if (total === 0n) return "0";
  const sign = total < 0n ? "-" : "";
  const size = total < 0n ? -total : total;
  if (size < 1000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 3)}us`;
  if (size < NANOS) return `${sign}${decimal(size, 6)}ms`;
  const minutes = size / (60n * NANOS);
  const rest = size % (60n * NANOS);
  const hours = minutes / 60n;
  return [
    sign,
    hours === 0n ? "" : `${hours}h`,
    minutes % 60n === 0n ? "" : `${minutes % 60n}m`,
    rest === 0n ? "" : `${decimal(rest, 9)}s`,
  ].join("");
}

function decimal(value: bigint, places: number): string {
  const text = String(value).padStart(places + 1, "0");
  return trimmed(`${text.slice(0, -places)}.${text.slice(-places)}`);
}

/** RFC 3339 with as many digits of a second as there are: `2020-01-02T03:04:05.678+00:00`. */
function printTimestamp(seconds: bigint, nanos: number): string {
  const [toSeconds = ""] = new Date(Number(seconds) * 1000).toISOString().split(".");
  return `${toSeconds}${
    nanos === 0
      ? ""
      : String(nanos)
          .padStart(9, "0")
          .replace(/^(\d*?)0*$/, ".$1")
  }+00:00`;
}
