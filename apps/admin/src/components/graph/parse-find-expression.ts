/**
 * The find-and-hide language of the topology:
 *
 *     rate > 10 and error > 1%      name ~ web or p95 > 200ms      not idle      kind = cluster (health != healthy)
 *
 * Terms next to each other must all hold. A word alone is `idle`, `active`, a health, or a part of a name.
 */
export interface FindSubject {
  readonly name: string;
  readonly kind: string;
  readonly health: string;
  readonly rate: number;
  /** 0…1; 0 without traffic. */
  readonly error: number;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
  readonly connections: number;
}

export type FindPredicate = (subject: FindSubject) => boolean;

export type FindProblemCode =
  | "unknown_field"
  | "expected_value"
  | "expected_term"
  | "bad_number"
  | "open_group"
  | "open_quote"
  | "bad_operator";

export type ParsedFind =
  | { readonly ok: true; readonly matches: FindPredicate }
  | { readonly ok: false; readonly code: FindProblemCode; readonly word: string; readonly at: number };

interface Token {
  readonly text: string;
  readonly at: number;
  readonly kind: "word" | "operator" | "group" | "quoted";
}

const TOKEN = /\s+|"([^"]*)"|(&&|\|\||>=|<=|!=|!~|>|<|=|~)|([()!])|([^\s()!<>=~"&|]+|[&|])/gy;

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let read = 0;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    read = TOKEN.lastIndex;
    const [, quoted, operator, group, word] = match;
    if (quoted !== undefined) tokens.push({ text: quoted, at: match.index, kind: "quoted" });
    else if (operator !== undefined) tokens.push({ text: operator, at: match.index, kind: "operator" });
    else if (group !== undefined) tokens.push({ text: group, at: match.index, kind: "group" });
    else if (word !== undefined) tokens.push({ text: word, at: match.index, kind: "word" });
  }
  // Only a quote that nothing closes fits none of the tokens.
  if (read < text.length) throw new FindError("open_quote", text.slice(read), read);
  return tokens;
}

type NumberField = "rate" | "error" | "success" | "p50" | "p95" | "p99" | "connections";
type TextField = "name" | "kind" | "health";

const NUMBER_FIELDS: Readonly<Record<string, NumberField>> = {
  rate: "rate",
  rps: "rate",
  error: "error",
  errors: "error",
  success: "success",
  p50: "p50",
  p95: "p95",
  p99: "p99",
  latency: "p95",
  connections: "connections",
};
const TEXT_FIELDS: Readonly<Record<string, TextField>> = { name: "name", kind: "kind", health: "health" };
const HEALTHS = ["healthy", "degraded", "unhealthy", "unknown"];

class FindError extends Error {
  readonly code: FindProblemCode;
  readonly word: string;
  readonly at: number;
  constructor(code: FindProblemCode, word: string, at: number) {
    super(code);
    this.code = code;
    this.word = word;
    this.at = at;
  }
}

function figureOf(subject: FindSubject, field: NumberField): number | undefined {
  return field === "success" ? 1 - subject.error : subject[field];
}

/** `10`, `1%`, `200ms`, `1.5s`, `2k` */
function parseNumber(text: string, field: NumberField): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(%|ms|s|k|\/s)?$/i.exec(text);
  if (match === null) return undefined;
  const value = Number(match[1]);
  const unit = (match[2] ?? "").toLowerCase();
  const share = field === "error" || field === "success";
  const time = field === "p50" || field === "p95" || field === "p99";
  if (unit === "%") return share ? value / 100 : undefined;
  if (unit === "ms") return time ? value : undefined;
  if (unit === "s") return time ? value * 1000 : undefined;
  return unit === "k" ? value * 1000 : value;
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #end: number;
  #next = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
    this.#end = text.length;
  }

  parse(): FindPredicate {
    if (this.#tokens.length === 0) return () => true;
    const result = this.#or();
    const rest = this.#peek();
    if (rest !== undefined) throw new FindError("expected_term", rest.text, rest.at);
    return result;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #takeWord(...words: readonly string[]): boolean {
    const token = this.#peek();
    if (token === undefined || token.kind === "quoted" || !words.includes(token.text.toLowerCase()))
      return false;
    this.#next += 1;
    return true;
  }

  #or(): FindPredicate {
    let left = this.#and();
    while (this.#takeWord("or", "||")) {
      const before = left;
      const right = this.#and();
      left = (subject) => before(subject) || right(subject);
    }
    return left;
  }

  #and(): FindPredicate {
    let left = this.#unary();
    for (;;) {
      const explicit = this.#takeWord("and", "&&");
      const token = this.#peek();
      const ends = token === undefined || token.text === ")" || /^(?:or|\|\|)$/i.test(token.text);
      if (!explicit && ends) return left;
      const before = left;
      const right = this.#unary();
      left = (subject) => before(subject) && right(subject);
    }
  }

  #unary(): FindPredicate {
    if (this.#takeWord("not", "!")) {
      const inner = this.#unary();
      return (subject) => !inner(subject);
    }
    const token = this.#peek();
    if (token?.kind === "group" && token.text === "(") {
      this.#next += 1;
      const inner = this.#or();
      if (!this.#takeWord(")")) throw new FindError("open_group", "(", token.at);
      return inner;
    }
    return this.#term();
  }

  #term(): FindPredicate {
    const token = this.#peek();
    if (token === undefined || token.kind === "operator" || token.kind === "group") {
      throw new FindError("expected_term", token?.text ?? "", token?.at ?? this.#end);
    }
    this.#next += 1;
    const operator = this.#peek();
    if (operator?.kind !== "operator" || operator.text === "&&" || operator.text === "||") {
      return bareWord(token.text);
    }
    this.#next += 1;
    const value = this.#peek();
    if (value === undefined || value.kind === "operator" || value.kind === "group") {
      throw new FindError("expected_value", operator.text, operator.at);
    }
    this.#next += 1;
    return comparison(token, operator, value);
  }
}

function bareWord(word: string): FindPredicate {
  const lower = word.toLowerCase();
  if (lower === "idle") return (subject) => subject.rate === 0;
  if (lower === "active") return (subject) => subject.rate > 0;
  if (HEALTHS.includes(lower)) return (subject) => subject.health === lower;
  return (subject) => subject.name.toLowerCase().includes(lower);
}

function comparison(field: Token, operator: Token, value: Token): FindPredicate {
  const name = field.text.toLowerCase();
  const number = NUMBER_FIELDS[name];
  if (number !== undefined) return numberComparison(number, operator, value);
  const text = TEXT_FIELDS[name];
  if (text === undefined) throw new FindError("unknown_field", field.text, field.at);
  const wanted = value.text.toLowerCase();
  const read = (subject: FindSubject): string => subject[text].toLowerCase();
  switch (operator.text) {
    case "=":
      return (subject) => read(subject) === wanted;
    case "!=":
      return (subject) => read(subject) !== wanted;
    case "~":
      return (subject) => read(subject).includes(wanted);
    case "!~":
      return (subject) => !read(subject).includes(wanted);
    default:
      throw new FindError("bad_operator", operator.text, operator.at);
  }
}

function numberComparison(field: NumberField, operator: Token, value: Token): FindPredicate {
  const wanted = parseNumber(value.text, field);
  if (wanted === undefined) throw new FindError("bad_number", value.text, value.at);
  const compare = COMPARE[operator.text];
  if (compare === undefined) throw new FindError("bad_operator", operator.text, operator.at);
  return (subject) => {
    const actual = figureOf(subject, field);
    return actual !== undefined && compare(actual, wanted);
  };
}

const COMPARE: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  "=": (left, right) => left === right,
  "!=": (left, right) => left !== right,
};

/** An empty expression matches everything. */
export function parseFindExpression(text: string): ParsedFind {
  try {
    return { ok: true, matches: new Parser(text).parse() };
  } catch (error) {
    if (error instanceof FindError) return { ok: false, code: error.code, word: error.word, at: error.at };
    throw error;
  }
}
