import type { Compiled, HeaderMap, Problem } from "@sluice/extension-api";
import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  type HeaderValueOption,
} from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { compileSubstitutionFormat } from "../formatter/compile-substitution-format.ts";
import type { FormatContext, SubstitutionFormatter } from "../formatter/format-context.ts";
import type { OperatorTable } from "../formatter/operator.ts";
import { chosenAppendAction } from "./append-action.ts";
import { addHeader, isJoined } from "./joined-headers.ts";

/** An older form that only headers know. */
const OLDER_STATE = /%PER_REQUEST_STATE\((.*?)\)%/g;

interface Addition {
  readonly name: string;
  readonly value: SubstitutionFormatter;
  readonly action: AppendAction;
  readonly overwrites: boolean;
  readonly keepEmpty: boolean;
  readonly joined: boolean;
}

/** `…_headers_to_add` and `…_headers_to_remove` of one level. */
export interface HeaderMutations {
  readonly additions: readonly Addition[];
  readonly removals: readonly string[];
}

/** `undefined` when there is nothing to do. `field` is the start of both field names: `request_headers`. `operators`: of formatter extensions. */
export function compileHeaderMutations(
  add: readonly HeaderValueOption[],
  remove: readonly string[],
  path: string,
  field: string,
  operators?: OperatorTable,
): Compiled<HeaderMutations | undefined> {
  const problems: Problem[] = [];
  const additions: Addition[] = [];
  for (const [i, option] of add.entries()) {
    const at = `${path === "" ? "" : `${path}.`}${field}_to_add[${i}]`;
    const name = (option.header?.key ?? "").toLowerCase();
    if (name.startsWith(":") || name === "host") {
      problems.push({
        path: at,
        message: ":-prefixed or host headers may not be modified",
        severity: "error",
      });
    }
    const text = (option.header?.value ?? "").replace(OLDER_STATE, "%FILTER_STATE($1:PLAIN)%");
    const value = compileSubstitutionFormat(text, `${at}.header.value`, {
      omitEmptyValues: true,
      ...(operators === undefined ? {} : { operators }),
    });
    if (!value.ok) {
      problems.push(...value.problems);
      continue;
    }
    const action = chosenAppendAction(option);
    if (typeof action === "string") {
      problems.push({ path: at, message: action, severity: "error" });
      continue;
    }
    const joined = isJoined(name, field.startsWith("request") ? "request" : "response");
    const overwrites =
      action === AppendAction.OVERWRITE_IF_EXISTS || action === AppendAction.OVERWRITE_IF_EXISTS_OR_ADD;
    additions.push({
      name,
      value: value.value,
      action,
      overwrites,
      keepEmpty: option.keepEmptyValue,
      joined,
    });
  }
  const removals = remove.map((name) => name.toLowerCase());
  for (const [i, name] of removals.entries()) {
    if (name.startsWith(":") || name === "host") {
      problems.push({
        path: `${path === "" ? "" : `${path}.`}${field}_to_remove[${i}]`,
        message: ":-prefixed or host headers may not be removed",
        severity: "error",
      });
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  if (additions.length === 0 && removals.length === 0) return { ok: true, value: undefined };
  return { ok: true, value: { additions, removals } };
}

/**
 * Removals first, then what overwrites, then what adds, as Envoy does at each level: values are made of, and conditions hold for, the headers
 * as they were before any addition.
 */
export function applyHeaderMutations(
  mutations: HeaderMutations,
  headers: HeaderMap,
  context: FormatContext,
): void {
  for (const name of mutations.removals) headers.remove(name);
  const { additions } = mutations;
  const values = additions.map((addition) => addedValue(addition, headers, context));
  for (const [i, text] of values.entries()) {
    const addition = additions[i];
    if (text !== undefined && addition?.overwrites === true) headers.set(addition.name, text);
  }
  for (const [i, text] of values.entries()) {
    const addition = additions[i];
    if (text !== undefined && addition?.overwrites === false)
      addHeader(headers, addition.name, text, addition.joined);
  }
}

/** `undefined`: nothing is added. */
function addedValue(
  { name, value, action, keepEmpty }: Addition,
  headers: HeaderMap,
  context: FormatContext,
): string | undefined {
  const text = value.format(context);
  if (text === "" && !keepEmpty) return undefined;
  if (action === AppendAction.ADD_IF_ABSENT && headers.has(name)) return undefined;
  return action === AppendAction.OVERWRITE_IF_EXISTS && !headers.has(name) ? undefined : text;
}
