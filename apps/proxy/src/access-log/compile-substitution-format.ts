import type { Compiled } from "@sluice/extension-api";
import { nearestName } from "@sluice/xds/nearest-name";
import type { FormatContext, SubstitutionFormatter } from "./access-logger.ts";
import { COMMAND_OPERATORS } from "./command-operators.ts";
import type { FormatValue, OperatorTable, ValueProvider } from "./operator.ts";
import { type FormatToken, parseSubstitutionFormat } from "./parse-substitution-format.ts";

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

/** Text pieces and operators, in order. */
export function compileProviders(
  text: string,
  path: string,
  more: OperatorTable = NO_OPERATORS,
): Compiled<readonly (string | ValueProvider)[]> {
  const parsed = parseSubstitutionFormat(text);
  if (!parsed.ok) return { ok: false, problems: [{ path, message: parsed.message, severity: "error" }] };
  const parts: (string | ValueProvider)[] = [];
  const messages: string[] = [];
  for (const token of parsed.tokens) {
    const part = token.kind === "text" ? { value: token.text } : compileOperator(token, more);
    if (typeof part === "string") messages.push(part);
    else parts.push(part.value);
  }
  if (messages.length === 0) return { ok: true, value: parts };
  return { ok: false, problems: messages.map((message) => ({ path, message, severity: "error" as const })) };
}

const NO_OPERATORS: OperatorTable = {};

function compileOperator(
  token: FormatToken & { kind: "operator" },
  more: OperatorTable,
): { value: ValueProvider } | string {
  if (token.name === "COALESCE") return compileCoalesce(token, more);
  const compiler = more[token.name] ?? COMMAND_OPERATORS[token.name];
  if (compiler === undefined) {
    const nearest = nearestName(token.name, Object.keys(COMMAND_OPERATORS));
    const proposal = nearest === undefined ? "" : `; did you mean %${nearest}%?`;
    return `command operator %${token.name}% is not implemented${proposal}`;
  }
  const provider = compiler(token.argument, token.name);
  if (typeof provider === "string") return provider;
  const { maxLength } = token;
  if (maxLength === undefined) return { value: provider };
  return {
    value: (context) => {
      const value = provider(context);
      return value === undefined ? undefined : printValue(value, "").slice(0, maxLength);
    },
  };
}

/** `%COALESCE({"operators": ["NAME", {"command": "NAME", "param": "ARGUMENT", "max_length": 5}]})%`: the first that yields something. */
function compileCoalesce(
  token: FormatToken & { kind: "operator" },
  more: OperatorTable,
): { value: ValueProvider } | string {
  if (token.argument === undefined) return "COALESCE requires parameters";
  const entries = coalesceEntries(token.argument);
  if (typeof entries === "string") return entries;
  const providers: ValueProvider[] = [];
  for (const entry of entries) {
    const compiled = compileOperator({ kind: "operator", ...entry }, more);
    if (typeof compiled === "string") return compiled;
    providers.push(compiled.value);
  }
  const { maxLength } = token;
  return {
    value: (context) => {
      for (const provider of providers) {
        const value = provider(context);
        if (value !== undefined) {
          return maxLength === undefined ? value : printValue(value, "").slice(0, maxLength);
        }
      }
      return undefined;
    },
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
    entries.push({
      name,
      argument: typeof argument === "string" ? argument : undefined,
      maxLength: typeof maxLength === "number" ? maxLength : undefined,
    });
  }
  return entries;
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
  return typeof value === "object" ? JSON.stringify(value) : String(value);
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
