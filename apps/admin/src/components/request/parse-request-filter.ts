import type { AccessLogFilter } from "@sluice/telemetry";

/**
 * The filter language of the Requests page: terms apart by spaces, all must hold.
 *
 *     status:5xx path:/api duration>100ms cluster:web flag:UF "/with space"
 *
 * A value with spaces stands in double quotes. A word alone that begins with `/` is a path. Each field may be given once.
 */
const REQUEST_FIELDS = [
  "status",
  "path",
  "host",
  "method",
  "duration",
  "cluster",
  "route",
  "node",
  "flag",
  "request",
  "trace",
] as const;
export type RequestField = (typeof REQUEST_FIELDS)[number];

export interface RequestTerm {
  readonly field: RequestField;
  readonly value: string;
  /** Offsets into the text. */
  readonly start: number;
  readonly end: number;
}

export type FilterProblemCode =
  | "unknown_field"
  | "missing_value"
  | "bad_status"
  | "bad_duration"
  | "duplicate"
  | "bare_word"
  | "open_quote";

export interface FilterProblem {
  readonly code: FilterProblemCode;
  readonly word: string;
  /** The nearest field, where one is near. */
  readonly suggestion: RequestField | undefined;
  readonly start: number;
  readonly end: number;
}

export type ParsedRequestFilter =
  | { readonly ok: true; readonly filter: AccessLogFilter; readonly terms: readonly RequestTerm[] }
  | { readonly ok: false; readonly problem: FilterProblem };

const ALIASES: Readonly<Record<string, RequestField>> = {
  authority: "host",
  code: "status",
  flags: "flag",
  id: "request",
  latency: "duration",
};

function fieldOf(word: string): RequestField | undefined {
  const lower = word.toLowerCase();
  return REQUEST_FIELDS.find((field) => field === lower) ?? ALIASES[lower];
}

/** Fields within two typing errors. */
function nearestField(word: string): RequestField | undefined {
  let best: RequestField | undefined;
  let bestDistance = 3;
  for (const field of REQUEST_FIELDS) {
    const distance = editDistance(word.toLowerCase(), field);
    if (distance < bestDistance) {
      best = field;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/** `100`, `100ms`, `1.5s`, `2m` → milliseconds. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/i.exec(text);
  if (match === null) return undefined;
  const unit = (match[2] ?? "ms").toLowerCase();
  return Number(match[1]) * (unit === "s" ? 1000 : unit === "m" ? 60_000 : 1);
}

const STATUS = /^(?:[1-5]xx|[1-5]\d\d|(?:>=|<=|>|<)[1-5]\d\d)$/i;
const TERM = /^([A-Za-z_]+)(:|>=|>)(.*)$/s;

interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

type Conditions = { -readonly [Key in keyof AccessLogFilter]: AccessLogFilter[Key] };

function split(text: string): readonly Word[] | FilterProblem {
  const words: Word[] = [];
  let index = 0;
  while (index < text.length) {
    if (/\s/.test(text[index] ?? "")) {
      index += 1;
      continue;
    }
    const start = index;
    let word = "";
    let quoted = false;
    while (index < text.length && (quoted || !/\s/.test(text[index] ?? ""))) {
      const character = text[index] ?? "";
      if (character === '"') quoted = !quoted;
      else word += character;
      index += 1;
    }
    if (quoted) return { code: "open_quote", word, suggestion: undefined, start, end: index };
    words.push({ text: word, start, end: index });
  }
  return words;
}

export function parseRequestFilter(text: string): ParsedRequestFilter {
  const words = split(text);
  if (!Array.isArray(words)) return { ok: false, problem: words as FilterProblem };
  const terms: RequestTerm[] = [];
  const filter: Conditions = {};
  for (const word of words as readonly Word[]) {
    const refuse = (code: FilterProblemCode, suggestion?: RequestField): ParsedRequestFilter => ({
      ok: false,
      problem: { code, word: word.text, suggestion, start: word.start, end: word.end },
    });
    const match = word.text.startsWith("/") ? null : TERM.exec(word.text);
    const field = match === null ? (word.text.startsWith("/") ? "path" : undefined) : fieldOf(match[1] ?? "");
    if (field === undefined) {
      return match === null
        ? refuse("bare_word", nearestField(word.text))
        : refuse("unknown_field", nearestField(match[1] ?? ""));
    }
    const operator = match?.[2] ?? ":";
    const value = match === null ? word.text : (match[3] ?? "");
    if (value === "") return refuse("missing_value", field);
    if (terms.some((term) => term.field === field)) return refuse("duplicate", field);
    const problem = apply(filter, field, operator, value);
    if (problem !== undefined) return refuse(problem, field);
    terms.push({
      field,
      value: operator === ":" ? value : operator + value,
      start: word.start,
      end: word.end,
    });
  }
  return { ok: true, filter, terms };
}

const TEXT_KEYS = {
  path: "path",
  host: "authority",
  method: "method",
  cluster: "cluster",
  route: "route",
  node: "node",
  flag: "flag",
  request: "requestId",
  trace: "traceId",
} as const;

function apply(
  filter: Conditions,
  field: RequestField,
  operator: string,
  value: string,
): FilterProblemCode | undefined {
  if (field === "duration") {
    const ms = parseDurationMs(value.replace(/^>=?/, ""));
    if (ms === undefined) return "bad_duration";
    filter.minDurationMs = ms;
    return undefined;
  }
  if (field === "status") {
    const status = operator === ":" ? value : operator + value;
    if (!STATUS.test(status)) return "bad_status";
    filter.status = status.toLowerCase();
    return undefined;
  }
  if (operator !== ":") return "missing_value";
  filter[TEXT_KEYS[field]] = field === "method" || field === "flag" ? value.toUpperCase() : value;
  return undefined;
}

function quote(value: string): string {
  return /\s/.test(value) ? `"${value}"` : value;
}

/** The text with this field set to the value: replaced where it stands, else added at the end. A click on a facet. */
export function withTerm(text: string, field: RequestField, value: string): string {
  const written = /^(?:>=|>)/.test(value) ? `${field}${value}` : `${field}:${quote(value)}`;
  const parsed = parseRequestFilter(text);
  if (!parsed.ok) return written;
  const present = parsed.terms.find((term) => term.field === field);
  if (present === undefined) return text.trim() === "" ? written : `${text.trim()} ${written}`;
  return (text.slice(0, present.start) + written + text.slice(present.end)).trim();
}

export function withoutTerm(text: string, field: RequestField): string {
  const parsed = parseRequestFilter(text);
  if (!parsed.ok) return text;
  return parsed.terms
    .filter((term) => term.field !== field)
    .map((term) => text.slice(term.start, term.end))
    .join(" ");
}
