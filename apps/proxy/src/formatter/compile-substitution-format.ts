import { type Compiled, refuse } from "@sluice/extension-api";
import { nearestName } from "@sluice/xds/nearest-name";
import { TypedValue } from "../cel/typed-value.ts";
import { COMMAND_OPERATORS, UNTOLD_OPERATORS } from "./command-operators.ts";
import type { FormatContext, SubstitutionFormatter } from "./format-context.ts";
import { type FormatValue, type OperatorTable, takesLength, type ValueProvider } from "./operator.ts";
import { type FormatToken, parseSubstitutionFormat } from "./parse-substitution-format.ts";
import { PrintedDouble } from "./print-double.ts";
import { printJson } from "./print-json.ts";

export interface SubstitutionFormatOptions {
  /** Missing values print as "" instead of `-`. Default false; header values and JSON use true. */
  readonly omitEmptyValues?: boolean;
  /** Operators that formatter extensions add. */
  readonly operators?: OperatorTable;
}

/**
 * Compiles Envoy's `%OPERATOR(args):length%` language. `path` is where the text stands, for problems. Unknown operators
 * and malformed arguments are problems; nothing fails later.
 */
export function compileSubstitutionFormat(
  text: string,
  path: string,
  options: SubstitutionFormatOptions = {},
): Compiled<SubstitutionFormatter> {
  const providers = compileProviders(text, path, options.operators);
  if (!providers.ok) return providers;
  const missing = options.omitEmptyValues === true ? "" : "-";
  const [only] = providers.value;
  if (providers.value.every((part) => typeof part === "string")) {
    const constant = providers.value.join("");
    return { ok: true, value: { format: () => constant } };
  }
  if (providers.value.length === 1 && typeof only === "function") {
    return { ok: true, value: { format: (context) => printValue(only(context), missing) } };
  }
  return { ok: true, value: new PartsFormatter(providers.value, missing) };
}

/** Text pieces and operators, in order. `typed`: an operator that stands alone keeps what is no text whole (JSON). */
export function compileProviders(
  text: string,
  path: string,
  more: OperatorTable = NO_OPERATORS,
  typed = false,
): Compiled<readonly (string | ValueProvider)[]> {
  const parsed = parseSubstitutionFormat(text);
  if (!parsed.ok) return refuse(path, parsed.message);
  const keepsType = typed && parsed.tokens.length === 1;
  const parts: (string | ValueProvider)[] = [];
  const messages: string[] = [];
  for (const token of parsed.tokens) {
    const part = token.kind === "text" ? { value: token.text } : compileOperator(token, more, keepsType);
    if (typeof part === "string") messages.push(part);
    else parts.push(part.value);
  }
  if (messages.length === 0) return { ok: true, value: parts };
  return { ok: false, problems: messages.map((message) => ({ path, message, severity: "error" as const })) };
}

const NO_OPERATORS: OperatorTable = {};

function compileOperator(
  { name, argument, maxLength }: Omit<FormatToken & { kind: "operator" }, "kind">,
  more: OperatorTable,
  typed: boolean,
): { value: ValueProvider } | string {
  const compiler = more[name] ?? COMMAND_OPERATORS[name];
  if (compiler === undefined && name !== "COALESCE") {
    if (UNTOLD_OPERATORS.has(name))
      return `command operator %${name}% is not implemented: Node does not tell it`;
    const nearest = nearestName(name, Object.keys(COMMAND_OPERATORS));
    const proposal = nearest === undefined ? "" : `; did you mean %${nearest}%?`;
    return `command operator %${name}% is not implemented${proposal}`;
  }
  if (maxLength !== undefined && !takesLength(name)) return `%${name}% takes no length`;
  const provider = compiler === undefined ? compileCoalesce(argument, more, typed) : compiler(argument, name);
  if (typeof provider === "string") return provider;
  return { value: maxLength === undefined ? provider : limited(provider, maxLength, typed) };
}

function limited(provider: ValueProvider, maxLength: number, typed: boolean): ValueProvider {
  return (context) => {
    const value = provider(context);
    if (value === undefined || (typed && typeof value !== "string")) return value;
    return printValue(value, "").slice(0, maxLength);
  };
}

/** `%COALESCE({"operators": ["NAME", {"command": "NAME", "param": "ARGUMENT", "max_length": 5}]})%`: the first that yields something. */
function compileCoalesce(
  argument: string | undefined,
  more: OperatorTable,
  typed: boolean,
): ValueProvider | string {
  if (argument === undefined) return "COALESCE requires parameters";
  const entries = coalesceEntries(argument);
  if (typeof entries === "string") return entries;
  const providers: ValueProvider[] = [];
  for (const entry of entries) {
    const compiled = compileOperator(entry, more, typed);
    if (typeof compiled === "string") return `COALESCE: ${compiled}`;
    providers.push(compiled.value);
  }
  return (context) => {
    for (const provider of providers) {
      const value = provider(context);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

interface CoalesceEntry {
  readonly name: string;
  readonly argument: string | undefined;
  readonly maxLength: number | undefined;
}

function coalesceEntries(text: string): readonly CoalesceEntry[] | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return "COALESCE takes a JSON object";
  }
  const list = memberOf(json, "operators");
  if (!Array.isArray(list) || list.length === 0) return "COALESCE needs a non-empty list of operators";
  const entries: CoalesceEntry[] = [];
  for (const item of list) {
    const name = typeof item === "string" ? item : memberOf(item, "command");
    const argument = memberOf(item, "param");
    const maxLength = memberOf(item, "max_length");
    if (typeof name !== "string" || name === "") return "an operator of COALESCE needs a command";
    if (argument !== undefined && typeof argument !== "string") return "COALESCE: a param is a text";
    if (maxLength !== undefined && !isPositiveInteger(maxLength)) {
      return "COALESCE: a max_length is a whole number above 0";
    }
    entries.push({ name, argument: argument === "" ? undefined : argument, maxLength });
  }
  return entries;
}

function isPositiveInteger(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0;
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;
}

/** A value as text; objects as JSON. */
export function printValue(value: FormatValue, missing: string): string {
  if (typeof value === "string") return value;
  if (value === undefined) return missing;
  if (typeof value !== "object") return String(value);
  return value instanceof TypedValue || value instanceof PrintedDouble ? value.text : printJson(value);
}

class PartsFormatter implements SubstitutionFormatter {
  readonly #parts: readonly (string | ValueProvider)[];
  readonly #missing: string;

  constructor(parts: readonly (string | ValueProvider)[], missing: string) {
    this.#parts = parts;
    this.#missing = missing;
  }

  format(context: FormatContext): string {
    let out = "";
    for (const part of this.#parts) {
      out += typeof part === "string" ? part : printValue(part(context), this.#missing);
    }
    return out;
  }
}
