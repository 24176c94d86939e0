import type { Compiled, Problem } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { TypedExtensionConfig } from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import type { Cel } from "@sluice/xds/gen/envoy/extensions/formatter/cel/v3/cel_pb.js";
import { celOperators } from "./cel-operators.ts";
import { requestHeaderOperator } from "./http-operators.ts";
import type { OperatorTable } from "./operator.ts";

const withoutQuery = (value: string): string => value.split("?", 1)[0] ?? value;

/** What each formatter extension adds. `metadata` and `cel` are built in: the latter's configuration says what expressions may use. */
const FORMATTERS: Readonly<Record<string, (config: unknown) => OperatorTable>> = {
  "envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery": () => ({
    REQ_WITHOUT_QUERY: requestHeaderOperator(withoutQuery),
  }),
  "envoy.extensions.formatter.metadata.v3.Metadata": () => ({}),
  "envoy.extensions.formatter.cel.v3.Cel": (config) => celOperators(asCel(config).celConfig),
};

/** The type's name was looked up. */
const asCel = (config: unknown): Cel => config as Cel;

/** The operators that a `formatters` list adds. */
export function compileFormatters(
  formatters: readonly TypedExtensionConfig[],
  path: string,
): Compiled<OperatorTable> {
  const problems: Problem[] = [];
  const table: Record<string, OperatorTable[string]> = {};
  for (const [i, { name, typedConfig }] of formatters.entries()) {
    const unpacked = typedConfig === undefined ? undefined : unpackAny(typedConfig);
    const operators = unpacked?.ok === true ? FORMATTERS[unpacked.typeName]?.(unpacked.message) : undefined;
    if (operators !== undefined) Object.assign(table, operators);
    else {
      const message =
        unpacked === undefined
          ? `${name} needs a typed_config`
          : unpacked.ok
            ? `formatter ${unpacked.typeName} is not implemented`
            : unpacked.message;
      problems.push({ path: `${path}[${i}]`, message, severity: "error" });
    }
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: table };
}
