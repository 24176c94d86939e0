import type { Compiled, Problem } from "@sluice/extension-api";
import {
  type FilterStateValue,
  FilterStateValue_SharedWithUpstream as SharedWithUpstream,
} from "@sluice/xds/gen/envoy/extensions/filters/common/set_filter_state/v3/value_pb.js";
import type { FilterState } from "../filter-state/filter-state.ts";
import { compileFormatString } from "../formatter/compile-line-format.ts";
import type { FormatContext, SubstitutionFormatter } from "../formatter/format-context.ts";
import { STATE_KINDS, type StateKind } from "./state-kinds.ts";

/** One object that is to be made. */
interface StateValue {
  readonly key: string;
  readonly create: StateKind;
  readonly shared: boolean;
  readonly formatter: SubstitutionFormatter;
  readonly skipsEmpty: boolean;
}

export type StateValues = readonly StateValue[];

/** A list of `FilterStateValue`; `path` is the list's. */
export function compileStateValues(list: readonly FilterStateValue[], path: string): Compiled<StateValues> {
  const problems: Problem[] = [];
  const values: StateValue[] = [];
  list.forEach((one, i) => {
    const compiled = compileValue(one, `${path}[${i}]`);
    if (compiled.ok) values.push(compiled.value);
    else problems.push(...compiled.problems);
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: values };
}

/** Sets them in their order, so that a later one may read an earlier one. What is no text of its kind is left out. */
export function setStateValues(
  values: StateValues,
  state: FilterState,
  context: FormatContext,
  endsWithChain: boolean,
): void {
  for (const { key, create, shared, formatter, skipsEmpty } of values) {
    const text = formatter.format(context);
    if (text === "" && skipsEmpty) continue;
    const object = create(text);
    if (object !== undefined) state.put(key, object, { shared, endsWithChain });
  }
}

function compileValue(value: FilterStateValue, path: string): Compiled<StateValue> {
  const refuse = (field: string, message: string): Compiled<never> => ({
    ok: false,
    problems: [{ path: `${path}.${field}`, message, severity: "error" }],
  });
  const key = value.key.value ?? "";
  const name = value.factoryKey === "" ? key : value.factoryKey;
  const kind = STATE_KINDS.get(name);
  if (kind === undefined)
    return refuse(
      value.factoryKey === "" ? "object_key" : "factory_key",
      `'${name}' is not implemented: objects may be ${[...STATE_KINDS.keys()].join(", ")}`,
    );
  if (value.value.case !== "formatString") return refuse("format_string", "is required");
  const formatter = compileFormatString(value.value.value, `${path}.format_string`);
  if (!formatter.ok) return formatter;
  return {
    ok: true,
    value: {
      key,
      create: kind,
      shared: value.sharedWithUpstream !== SharedWithUpstream.NONE,
      formatter: formatter.value,
      skipsEmpty: value.skipIfEmpty,
    },
  };
}
