import { type CelResult, type CelValue, celError, isCelError, parse, plan } from "@bufbuild/cel";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Compiled } from "@sluice/extension-api";
import { type Expr, ExprSchema } from "@sluice/xds/gen/cel/expr/syntax_pb.js";
import {
  type Expr as LegacyExpr,
  ExprSchema as LegacyExprSchema,
} from "@sluice/xds/gen/google/api/expr/v1alpha1/syntax_pb.js";
import { ATTRIBUTES, Attributes } from "./attributes.ts";
import { checkExpression } from "./check-expression.ts";
import { type CelEnvironment, environmentFor } from "./environment.ts";
import { exportValue } from "./export-value.ts";
import type { CelExpression, CelOptions, CelSource, CelSubject } from "./expression.ts";
import { printCelValue } from "./print-cel-value.ts";

type Evaluate = (attributes: Attributes) => CelResult;

/** See `CelExpression`; messages are Envoy's where it has one. `path` is where the expression stands. */
export function compileExpression(
  source: CelSource,
  path: string,
  options: CelOptions,
): Compiled<CelExpression> {
  const refuse = (message: string): Compiled<never> => ({
    ok: false,
    problems: [{ path, message, severity: "error" }],
  });
  let expr: Expr | undefined;
  try {
    expr = parsed(source);
  } catch (error) {
    return refuse(`Not able to parse expression: ${messageOf(error)}`);
  }
  if (expr === undefined) return refuse("CEL expression not set.");
  const environment = environmentFor(options);
  const identifiers = new Set<string>();
  try {
    const problem = checkExpression(expr, environment, identifiers);
    if (problem !== undefined) return refuse(`failed to create an expression: ${problem}`);
    const unknown = [...identifiers].filter((name) => !ATTRIBUTES.has(name) && !TYPES.has(name));
    const evaluate = planned(environment, expr);
    return { ok: true, value: new PlannedExpression(evaluate, options.knowsNode === true, unknown) };
  } catch (error) {
    return refuse(`failed to create an expression: ${messageOf(error)}`);
  }
}

/** What is set of several is chosen as Envoy does: the newer API's first. */
function parsed(source: CelSource): Expr | undefined {
  if (source.kind === "text") return asExpr(parse(source.text).expr);
  if (source.kind === "legacy") return converted(source.expr);
  const { celExprChecked, celExprParsed, exprSpecifier } = source.expr;
  const newer = celExprChecked ?? celExprParsed;
  if (newer !== undefined) return newer.expr;
  return exprSpecifier.value?.expr === undefined ? undefined : converted(exprSpecifier.value.expr);
}

/** The two APIs' messages are the same on the wire. */
const converted = (expr: LegacyExpr): Expr => fromBinary(ExprSchema, toBinary(LegacyExprSchema, expr));

/** The library's own copy of the message has another type for the compiler alone. */
function asExpr(expr: unknown): Expr {
  return expr as Expr;
}

function planned({ env }: CelEnvironment, expr: Expr): Evaluate {
  const run = plan(env, asExpr(expr));
  // Variables are asked for by name; what the library does with the object is no more than that.
  return (attributes) => run(attributes as unknown as Record<string, CelValue>);
}

/** What the library knows by itself; other names that are no attributes fail, in `has` too, where the library finds them absent. */
const TYPES = new Set("bool bytes double int list map null_type string type uint".split(" "));

class PlannedExpression implements CelExpression {
  private readonly evaluate: Evaluate;
  private readonly knowsNode: boolean;
  private readonly unknown: readonly string[];

  constructor(evaluate: Evaluate, knowsNode: boolean, unknown: readonly string[]) {
    this.evaluate = evaluate;
    this.knowsNode = knowsNode;
    this.unknown = unknown;
  }

  matches(subject: CelSubject): boolean {
    return this.evaluate(this.attributes(subject)) === true;
  }

  decide(subject: CelSubject): boolean | undefined {
    const attributes = this.attributes(subject);
    if (this.evaluate(attributes) === true) return true;
    const whole = subject.response !== undefined && subject.responseTrailers !== undefined;
    return attributes.askedForResponse && !whole ? undefined : false;
  }

  print(subject: CelSubject): string | undefined {
    const value = this.evaluate(this.attributes(subject));
    return isCelError(value) ? undefined : printCelValue(value);
  }

  value(subject: CelSubject): ReturnType<typeof exportValue> {
    const value = this.evaluate(this.attributes(subject));
    return isCelError(value) ? undefined : exportValue(value);
  }

  private attributes(subject: CelSubject): Attributes {
    const attributes = new Attributes(subject, this.knowsNode);
    for (const name of this.unknown)
      Object.defineProperty(attributes, name, { value: celError(`no value with name ${name}`) });
    return attributes;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
