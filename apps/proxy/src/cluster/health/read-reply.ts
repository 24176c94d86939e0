/** A reply's outermost value; `text`: of a line. `inline`: a line of another kind, which Envoy's reader takes for a command. */
export interface RespValue {
  readonly kind: "simple" | "error" | "integer" | "bulk" | "array" | "inline";
  readonly text: string;
}

const KINDS: Readonly<Record<string, RespValue["kind"]>> = {
  "+": "simple",
  "-": "error",
  ":": "integer",
  $: "bulk",
  "*": "array",
};
const DEPTH_MAX = 32;

/** The reply (RESP2) at the beginning of `bytes`, and how many of them are its. */
export function readReply(
  bytes: Buffer,
): { readonly value: RespValue; readonly bytes: number } | "incomplete" | "malformed" {
  const value = readLine(bytes, 0);
  if (typeof value === "string") return value;
  const end = endOf(bytes, 0, 0);
  return typeof end === "string" ? end : { value: value.value, bytes: end };
}

interface Line {
  readonly value: RespValue;
  readonly end: number;
}

function readLine(bytes: Buffer, from: number): Line | "incomplete" | "malformed" {
  if (from >= bytes.length) return "incomplete";
  const kind = KINDS[String.fromCharCode(bytes[from] ?? 0)] ?? "inline";
  const at = bytes.indexOf("\r\n", from);
  if (at < 0) return "incomplete";
  const text = bytes.toString("utf8", from + 1, at);
  const isNumber = kind === "integer" || kind === "bulk" || kind === "array";
  if (isNumber && !/^-?\d{1,18}$/.test(text)) return "malformed";
  return { value: { kind, text }, end: at + 2 };
}

/** Where the value at `from` ends. */
function endOf(bytes: Buffer, from: number, depth: number): number | "incomplete" | "malformed" {
  const line = readLine(bytes, from);
  if (typeof line === "string") return line;
  const { value, end } = line;
  if (value.kind !== "bulk" && value.kind !== "array") return end;
  const length = Number(value.text);
  // Null.
  if (length < 0) return end;
  if (value.kind === "bulk") {
    const behind = end + length + 2;
    if (bytes.length < behind) return "incomplete";
    return bytes.toString("latin1", end + length, behind) === "\r\n" ? behind : "malformed";
  }
  if (depth >= DEPTH_MAX) return "malformed";
  let at = end;
  for (let index = 0; index < length; index++) {
    const next = endOf(bytes, at, depth + 1);
    if (typeof next === "string") return next;
    at = next;
  }
  return at;
}
