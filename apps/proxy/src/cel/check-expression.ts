import type { Expr, Expr_Call, Expr_CreateStruct } from "@sluice/xds/gen/cel/expr/syntax_pb.js";
import { type CelEnvironment, MESSAGES } from "./environment.ts";
import { patternOf } from "./patterns.ts";

/**
 * What Envoy refuses of an expression before it is ever evaluated; undefined: nothing. `identifiers` gets the names that it asks
 * for. Throws where it is nested too deeply.
 */
export function checkExpression(
  expr: Expr,
  environment: CelEnvironment,
  identifiers: Set<string>,
): string | undefined {
  const check = (part: Expr | undefined): string | undefined => {
    const kind = part?.exprKind;
    switch (kind?.case) {
      case "constExpr":
        return kind.value.constantKind.case === undefined ? "unspecified constant" : undefined;
      case "identExpr":
        identifiers.add(kind.value.name);
        return kind.value.name === "" ? "'name' must not be empty" : undefined;
      case "selectExpr":
        return kind.value.field === "" ? "'field' must not be empty" : check(kind.value.operand);
      case "callExpr":
        return checkCall(kind.value, environment) ?? first(callParts(kind.value), check);
      case "listExpr":
        if (kind.value.optionalIndices.length > 0) return "optional elements are not supported";
        return first(kind.value.elements, check);
      case "structExpr":
        return checkStruct(kind.value) ?? first(structParts(kind.value), check);
      case "comprehensionExpr":
        return "Comprehension support is disabled";
      default:
        return "Invalid empty expression";
    }
  };
  return check(expr);
}

function first(
  parts: readonly (Expr | undefined)[],
  check: (part: Expr | undefined) => string | undefined,
): string | undefined {
  for (const part of parts) {
    const problem = check(part);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Of a function with a qualified name (`re.capture`) the target is part of the name. */
function callParts(call: Expr_Call): readonly (Expr | undefined)[] {
  return call.target === undefined || isNamespace(call.target) ? call.args : [call.target, ...call.args];
}

const NAMESPACES = new Set(["re", "strings"]);

function isNamespace({ exprKind }: Expr): boolean {
  return exprKind.case === "identExpr" && NAMESPACES.has(exprKind.value.name);
}

function checkCall(call: Expr_Call, environment: CelEnvironment): string | undefined {
  const { args, target, function: name } = call;
  if (name === "_?._" || name === "_[?_]") return "optional types are not supported";
  const qualified =
    target?.exprKind.case === "identExpr" && NAMESPACES.has(target.exprKind.value.name)
      ? `${target.exprKind.value.name}.${name}`
      : undefined;
  const known =
    qualified === undefined
      ? environment.hasFunction(name, target !== undefined, args.length)
      : environment.hasFunction(qualified, false, args.length);
  if (!known) return `No overload found in reference resolve step for ${name}`;
  // A pattern that is in the expression is compiled with it.
  if (name !== "matches") return undefined;
  const pattern = args.at(-1)?.exprKind;
  if (pattern?.case !== "constExpr" || pattern.value.constantKind.case !== "stringValue") return undefined;
  try {
    patternOf(pattern.value.constantKind.value);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function structParts({ entries }: Expr_CreateStruct): readonly (Expr | undefined)[] {
  return entries.flatMap(({ keyKind, value }) =>
    keyKind.case === "mapKey" ? [keyKind.value, value] : [value],
  );
}

function checkStruct({ messageName, entries }: Expr_CreateStruct): string | undefined {
  if (entries.some(({ optionalEntry }) => optionalEntry)) return "optional entries are not supported";
  if (messageName === "")
    return entries.some(({ keyKind }) => keyKind.case !== "mapKey") ? "Map entry missing key" : undefined;
  const message = MESSAGES.getMessage(messageName.replace(/^\./, ""));
  if (message === undefined) return `messages of type ${messageName} are not known to expressions`;
  for (const { keyKind } of entries) {
    const name = keyKind.case === "fieldKey" ? keyKind.value : "";
    if (!message.fields.some((field) => field.name === name))
      return `Invalid message creation: field '${name}' not found in '${messageName}'`;
  }
  return undefined;
}
