import { type CelFunc, CelScalar, celFunc, celMethod, listType, mapType, objectType } from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import { create } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { capture, captureAll, extract, patternOf } from "./patterns.ts";

const { BOOL, BYTES, DOUBLE, DYN, INT, STRING } = CelScalar;
const TIMESTAMP = objectType(TimestampSchema);
const LIST = listType(DYN);

const SECONDS_MIN = -62_135_596_800n;
const SECONDS_MAX = 253_402_300_799n;

function timestampOf(seconds: bigint) {
  if (seconds < SECONDS_MIN || seconds > SECONDS_MAX) throw new Error("timestamp out of range");
  return create(TimestampSchema, { seconds });
}

function intOf(text: string): bigint {
  const value = /^\s*[+-]?\d+\s*$/.test(text) ? BigInt(text.trim().replace(/^\+/, "")) : undefined;
  if (value === undefined || BigInt.asIntN(64, value) !== value)
    throw new Error(`cannot convert '${text}' to int`);
  return value;
}

function doubleOf(text: string): number {
  const trimmed = text.trim();
  const special = /^([+-]?)(?:(nan)|inf(?:inity)?)$/i.exec(trimmed);
  if (special !== null)
    return special[2] === undefined ? (special[1] === "-" ? -Infinity : Infinity) : Number.NaN;
  const value = trimmed === "" || /^[+-]?0[xob]/i.test(trimmed) ? Number.NaN : Number(trimmed);
  if (Number.isNaN(value)) throw new Error(`cannot convert '${text}' to double`);
  return value;
}

/** Where cel-cpp, which Envoy has, differs from the library. Later ones take the place of the library's own. */
export const BASE_FUNCTIONS: readonly CelFunc[] = [
  celFunc("int", [STRING], INT, intOf),
  celFunc("double", [STRING], DOUBLE, doubleOf),
  celFunc("timestamp", [INT], TIMESTAMP, timestampOf),
  celFunc("contains", [STRING, STRING], BOOL, (text, part) => text.includes(part)),
  celFunc("startsWith", [STRING, STRING], BOOL, (text, part) => text.startsWith(part)),
  celFunc("endsWith", [STRING, STRING], BOOL, (text, part) => text.endsWith(part)),
  celFunc("matches", [STRING, STRING], BOOL, (text, pattern) => patternOf(pattern).test(text)),
  celMethod("matches", STRING, [STRING], BOOL, function (pattern) {
    return patternOf(pattern).test(this);
  }),
  celFunc("re.extract", [STRING, STRING, STRING], STRING, extract),
  celFunc("re.capture", [STRING, STRING], STRING, capture),
  celFunc("re.captureN", [STRING, STRING], mapType(STRING, STRING), captureAll),
  celFunc("_+_", [LIST, LIST], LIST, () => {
    throw new Error("lists cannot be concatenated");
  }),
];

/** Without `enable_string_concat`. */
export const NO_CONCAT: readonly CelFunc[] = [
  celFunc("_+_", [STRING, STRING], STRING, () => {
    throw new Error("texts cannot be concatenated");
  }),
  celFunc("_+_", [BYTES, BYTES], BYTES, () => {
    throw new Error("bytes cannot be concatenated");
  }),
];

/** Splits at most `limit - 1` times; the rest stays whole. */
function split(text: string, separator: string, limit: bigint): string[] {
  const max = Number(limit);
  if (max === 0) return [];
  const parts = separator === "" ? [...text] : text.split(separator);
  if (max < 0 || parts.length <= max) return parts;
  return [...parts.slice(0, max - 1), parts.slice(max - 1).join(separator)];
}

/** An empty `part` stands between, before and behind all characters. */
function replace(text: string, part: string, by: string, limit: bigint): string {
  let left = limit < 0n ? Number.POSITIVE_INFINITY : Number(limit);
  if (part !== "") return text.split(part).reduce((out, piece) => `${out}${left-- > 0 ? by : part}${piece}`);
  let out = "";
  for (const character of text) out += left-- > 0 ? by + character : character;
  return left > 0 ? out + by : out;
}

/** Positions count characters, not UTF-16's halves. Throws beyond the end. */
function indexFrom(text: string, part: string, start: bigint, last: boolean): bigint {
  const characters = [...text];
  const from = Number(start);
  if (from < 0 || from > characters.length) throw new Error(`index ${start} out of bounds`);
  const offset = characters.slice(0, from).join("").length;
  const found = last ? text.lastIndexOf(part, offset) : text.indexOf(part, offset);
  return found < 0 ? -1n : BigInt([...text.slice(0, found)].length);
}

function substring(text: string, start: bigint, end?: bigint): string {
  const characters = [...text];
  const [from, to] = [Number(start), end === undefined ? characters.length : Number(end)];
  if (from < 0 || to > characters.length || from > to) throw new Error("substring out of bounds");
  return characters.slice(from, to).join("");
}

function charAt(text: string, index: bigint): string {
  const characters = [...text];
  if (index < 0n || index > BigInt(characters.length)) throw new Error(`index ${index} out of bounds`);
  return characters[Number(index)] ?? "";
}

/** With `enable_string_functions`. `format` is not among cel-cpp's. */
export const STRING_FUNCTIONS: readonly CelFunc[] = [
  ...strings.filter(({ name }) => name !== "format"),
  celMethod("reverse", STRING, [], STRING, function () {
    return [...this].reverse().join("");
  }),
  celMethod("split", STRING, [STRING], LIST, function (separator) {
    return split(this, separator, -1n);
  }),
  celMethod("split", STRING, [STRING, INT], LIST, function (separator, limit) {
    return split(this, separator, limit);
  }),
  celMethod("replace", STRING, [STRING, STRING], STRING, function (part, by) {
    return replace(this, part, by, -1n);
  }),
  celMethod("replace", STRING, [STRING, STRING, INT], STRING, function (part, by, limit) {
    return replace(this, part, by, limit);
  }),
  celMethod("charAt", STRING, [INT], STRING, function (index) {
    return charAt(this, index);
  }),
  celMethod("indexOf", STRING, [STRING], INT, function (part) {
    return indexFrom(this, part, 0n, false);
  }),
  celMethod("indexOf", STRING, [STRING, INT], INT, function (part, start) {
    return indexFrom(this, part, start, false);
  }),
  celMethod("lastIndexOf", STRING, [STRING], INT, function (part) {
    return indexFrom(this, part, BigInt([...this].length), true);
  }),
  celMethod("lastIndexOf", STRING, [STRING, INT], INT, function (part, start) {
    return indexFrom(this, part, start, true);
  }),
  celMethod("substring", STRING, [INT], STRING, function (start) {
    return substring(this, start);
  }),
  celMethod("substring", STRING, [INT, INT], STRING, function (start, end) {
    return substring(this, start, end);
  }),
];
