import {
  type Compiled,
  type NetworkFilterFactory,
  NetworkFilterStatus,
  type Problem,
  type ReadFilter,
  type ReadFilterCallbacks,
} from "@sluice/extension-api";
import type { FilterStateValue } from "@sluice/xds/gen/envoy/extensions/filters/common/set_filter_state/v3/value_pb.js";
import type { Config } from "@sluice/xds/gen/envoy/extensions/filters/network/set_filter_state/v3/set_filter_state_pb.js";
import type { SubstitutionFormatter } from "../../../../access-log/access-logger.ts";
import { compileFormatString } from "../../../../access-log/compile-line-format.ts";

/** Kinds of objects whose content is a text; what reads them here reads texts. */
const TEXT_OBJECTS: readonly string[] = [
  "envoy.string",
  "envoy.hashable_string",
  "envoy.bool",
  "envoy.tcp_proxy.cluster",
  "envoy.tcp_proxy.disable_tunneling",
  "envoy.tcp_proxy.per_connection_idle_timeout_ms",
];

interface CompiledValue {
  readonly key: string;
  readonly formatter: SubstitutionFormatter;
  readonly skipsEmpty: boolean;
}

class SetFilterStateFilter implements ReadFilter {
  private readonly values: readonly CompiledValue[];
  private callbacks: ReadFilterCallbacks | undefined = undefined;

  constructor(values: readonly CompiledValue[]) {
    this.values = values;
  }

  initializeReadFilterCallbacks(callbacks: ReadFilterCallbacks): void {
    this.callbacks = callbacks;
  }

  onNewConnection(): NetworkFilterStatus {
    const { callbacks } = this;
    if (callbacks === undefined) return NetworkFilterStatus.Continue;
    const { connection, streamInfo } = callbacks;
    for (const { key, formatter, skipsEmpty } of this.values) {
      const text = formatter.format({
        request: undefined,
        response: undefined,
        responseTrailers: undefined,
        streamInfo,
        connection,
      });
      if (text !== "" || !skipsEmpty) streamInfo.filterState.set(key, text);
    }
    return NetworkFilterStatus.Continue;
  }

  onData(): NetworkFilterStatus {
    return NetworkFilterStatus.Continue;
  }

  onDestroy(): void {
    this.callbacks = undefined;
  }
}

function compileValue(value: FilterStateValue, path: string): Compiled<CompiledValue> {
  const refuse = (field: string, message: string): Compiled<never> => ({
    ok: false,
    problems: [{ path: `${path}.${field}`, message, severity: "error" }],
  });
  const key = value.key.value ?? "";
  const kind = value.factoryKey === "" ? key : value.factoryKey;
  if (!TEXT_OBJECTS.includes(kind))
    return refuse("factory_key", `'${kind}' is not implemented: objects may be ${TEXT_OBJECTS.join(", ")}`);
  if (value.value.case !== "formatString") return refuse("format_string", "is required");
  const formatter = compileFormatString(value.value.value, `${path}.format_string`);
  if (!formatter.ok) return formatter;
  return { ok: true, value: { key, formatter: formatter.value, skipsEmpty: value.skipIfEmpty } };
}

export const setFilterStateFactory: NetworkFilterFactory<readonly CompiledValue[]> = {
  terminal: false,
  compile: (message) => {
    const problems: Problem[] = [];
    const values: CompiledValue[] = [];
    asConfig(message).onNewConnection.forEach((one, i) => {
      const compiled = compileValue(one, `on_new_connection[${i}]`);
      if (compiled.ok) values.push(compiled.value);
      else problems.push(...compiled.problems);
    });
    return problems.length > 0 ? { ok: false, problems } : { ok: true, value: values };
  },
  create: (values) => new SetFilterStateFilter(values),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): Config {
  return message as Config;
}
