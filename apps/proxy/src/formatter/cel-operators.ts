import type { CelExpressionConfig } from "@sluice/xds/gen/envoy/config/core/v3/cel_pb.js";
import type { CelExpression } from "../cel/expression.ts";
import { compileCel } from "../cel/load-cel.ts";
import type { OperatorCompiler, OperatorTable, ValueProvider } from "./operator.ts";

/** `%CEL(expression)%`, a text, and `%TYPED_CEL(expression)%`, which keeps its type in JSON. What fails prints as `-`. */
export function celOperators(config?: CelExpressionConfig): OperatorTable {
  const operator =
    (provider: (expression: CelExpression) => ValueProvider): OperatorCompiler =>
    (argument = "") => {
      const compiled = compileCel({ kind: "text", text: argument }, "", { ...config, knowsNode: true });
      if (compiled.ok) return provider(compiled.value);
      return compiled.problems.map(({ message }) => message).join("; ");
    };
  return {
    CEL: operator((expression) => (context) => expression.print(context)),
    TYPED_CEL: operator((expression) => (context) => expression.value(context)),
  };
}
