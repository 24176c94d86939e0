import type { Compiled, Problem } from "@sluice/extension-api";
import { toBinaryString } from "@sluice/matching";
import { TypedValue } from "../cel/typed-value.ts";
import { compileProviders, printValue } from "./compile-substitution-format.ts";
import type { FormatContext, SubstitutionFormatter } from "./format-context.ts";
import type { OperatorTable } from "./operator.ts";
import { PrintedDouble } from "./print-double.ts";
import { printJson } from "./print-json.ts";
import { quoteJson } from "./quote-json.ts";

/** The value as JSON; undefined: there is none. */
type Renderer = (context: FormatContext) => string | undefined;

interface Compilation {
  readonly omitEmpty: boolean;
  readonly operators: OperatorTable;
  readonly problems: Problem[];
}

/**
 * A JSON line per entry. A text that is one operator alone keeps that operator's type (numbers stay numbers); a missing
 * value is `null`, or with `omitEmpty` its key is left out.
 */
export function compileJsonFormat(
  format: Readonly<Record<string, unknown>>,
  path: string,
  omitEmpty: boolean,
  operators: OperatorTable,
): Compiled<SubstitutionFormatter> {
  const problems: Problem[] = [];
  const render = compileValue(format, path, { omitEmpty, operators, problems });
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { format: (context) => `${render(context) ?? "null"}\n` } };
}

function compileValue(value: unknown, path: string, use: Compilation): Renderer {
  if (typeof value === "string") return compileText(value, path, use);
  if (Array.isArray(value)) {
    const items = value.map((item, index) => compileValue(item, `${path}[${index}]`, use));
    return (context) => {
      const rendered = items.map((item) => item(context));
      const kept = use.omitEmpty ? rendered.filter(isThere) : rendered.map((item) => item ?? "null");
      return `[${kept.join(",")}]`;
    };
  }
  if (typeof value === "object" && value !== null) return compileMembers(value, path, use);
  const fixed = JSON.stringify(value);
  return () => fixed;
}

function compileMembers(value: object, path: string, use: Compilation): Renderer {
  // Envoy prints keys sorted.
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => ({
      key: `${toBinaryString(JSON.stringify(key))}:`,
      render: compileValue(member, `${path}.${key}`, use),
    }));
  const missing = use.omitEmpty ? undefined : "null";
  return (context) => {
    let text = "";
    for (const { key, render } of members) {
      const rendered = render(context) ?? missing;
      if (rendered === undefined) continue;
      text += text === "" ? "{" : ",";
      text += key;
      text += rendered;
    }
    return text === "" ? "{}" : `${text}}`;
  };
}

function compileText(text: string, path: string, use: Compilation): Renderer {
  const compiled = compileProviders(text, path, use.operators, true);
  if (!compiled.ok) {
    use.problems.push(...compiled.problems);
    return () => undefined;
  }
  const parts = compiled.value;
  const [only] = parts;
  if (parts.length === 1 && typeof only === "function") return (context) => renderJson(only(context));
  return (context) =>
    quoteJson(
      parts
        .map((part) =>
          typeof part === "string" ? part : printValue(part(context), use.omitEmpty ? "" : "-"),
        )
        .join(""),
    );
}

function renderJson(value: unknown): string | undefined {
  if (typeof value === "string") return quoteJson(value);
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "null";
  if (value instanceof PrintedDouble) return value.text;
  if (value === undefined) return undefined;
  return printJson(value instanceof TypedValue ? value.toJSON() : value);
}

function isThere(rendered: string | undefined): rendered is string {
  return rendered !== undefined && rendered !== "null";
}
