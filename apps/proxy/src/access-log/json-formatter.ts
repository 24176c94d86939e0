import type { Compiled, Problem } from "@sluice/extension-api";
import type { FormatContext, SubstitutionFormatter } from "./access-logger.ts";
import { compileProviders, printValue } from "./compile-substitution-format.ts";
import type { OperatorTable } from "./operator.ts";

type Renderer = (context: FormatContext) => unknown;

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
  return { ok: true, value: { format: (context) => `${JSON.stringify(render(context))}\n` } };
}

function compileValue(value: unknown, path: string, use: Compilation): Renderer {
  if (typeof value === "string") return compileText(value, path, use);
  if (Array.isArray(value)) {
    const items = value.map((item, index) => compileValue(item, `${path}[${index}]`, use));
    return (context) => {
      const rendered = items.map((item) => item(context) ?? null);
      return use.omitEmpty ? rendered.filter((item) => item !== null) : rendered;
    };
  }
  if (typeof value === "object" && value !== null) {
    // Envoy prints keys sorted.
    const members = Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, compileValue(member, `${path}.${key}`, use)] as const);
    return (context) => {
      const out: Record<string, unknown> = {};
      for (const [key, member] of members) {
        const rendered = member(context);
        if (rendered !== undefined) out[key] = rendered;
        else if (!use.omitEmpty) out[key] = null;
      }
      return out;
    };
  }
  return () => value;
}

function compileText(text: string, path: string, use: Compilation): Renderer {
  const compiled = compileProviders(text, path, use.operators);
  if (!compiled.ok) {
    use.problems.push(...compiled.problems);
    return () => undefined;
  }
  const parts = compiled.value;
  const [only] = parts;
  if (parts.length === 1 && typeof only === "function") return only;
  return (context) =>
    parts
      .map((part) => (typeof part === "string" ? part : printValue(part(context), use.omitEmpty ? "" : "-")))
      .join("");
}
