import type { Compiled } from "@sluice/extension-api";
import { compileExtension, type KnownExtensions, known } from "@sluice/matching";
import type { ExtensionFilter } from "@sluice/xds/gen/envoy/config/accesslog/v3/accesslog_pb.js";
import {
  type ExpressionFilter,
  ExpressionFilterSchema,
} from "@sluice/xds/gen/envoy/extensions/access_loggers/filters/cel/v3/cel_pb.js";
import { compileCel } from "../cel/load-cel.ts";
import type { LogCondition } from "./compile-access-log-filter.ts";

/** `envoy.access_loggers.extension_filters.cel`: logged is what the expression is true of. */
function compileExpression(
  { expression, celConfig }: ExpressionFilter,
  path: string,
): Compiled<LogCondition> {
  const options = { ...celConfig, knowsNode: true };
  const compiled = compileCel({ kind: "text", text: expression }, `${path}.expression`, options);
  if (!compiled.ok) return compiled;
  return { ok: true, value: (context) => compiled.value.matches(context) };
}

const FILTERS: KnownExtensions<LogCondition> = new Map([
  known<ExpressionFilter, LogCondition>(ExpressionFilterSchema, compileExpression),
]);

export function compileExtensionFilter(
  { name, configType }: ExtensionFilter,
  path: string,
): Compiled<LogCondition> {
  return compileExtension({ name, typedConfig: configType.value }, FILTERS, "access log filter", path);
}
