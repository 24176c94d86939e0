import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  type HeaderValueOption,
} from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { compileSubstitutionFormat } from "../../formatter/compile-substitution-format.ts";
import type { FormatContext, SubstitutionFormatter } from "../../formatter/format-context.ts";
import type { Headers } from "../../http/header-map.ts";
import { chosenAppendAction } from "../../route/append-action.ts";

/** What is done to the headers of a check's request: what goes, then what comes, each in the message's order. */
export interface HeaderChanges {
  readonly remove: readonly string[];
  readonly add: readonly HeaderAddition[];
}

interface HeaderAddition {
  readonly name: string;
  readonly value: SubstitutionFormatter;
  readonly action: AppendAction;
  readonly keepEmpty: boolean;
}

type ErrorSink = (path: string, message: string) => void;

/** `path`: of the message; `field`: the list's name in it. */
export function compileHeaderAdditions(
  options: readonly HeaderValueOption[],
  path: string,
  error: ErrorSink,
): readonly HeaderAddition[] {
  return options.flatMap((option, index): HeaderAddition[] => {
    const { header } = option;
    if (header === undefined) return [];
    const at = `${path}[${index}].header`;
    if (isProtected(header.key)) error(`${at}.key`, ":-prefixed or host headers may not be modified");
    const value = compileSubstitutionFormat(header.value, `${at}.value`, { omitEmptyValues: true });
    const action = chosenAppendAction(option);
    if (typeof action === "string") error(`${path}[${index}]`, action);
    if (!value.ok) for (const problem of value.problems) error(problem.path, problem.message);
    if (typeof action === "string" || !value.ok) return [];
    return [{ name: header.key.toLowerCase(), value: value.value, action, keepEmpty: option.keepEmptyValue }];
  });
}

export function compileHeaderRemovals(
  names: readonly string[],
  path: string,
  error: ErrorSink,
): readonly string[] {
  names.forEach((name, index) => {
    if (isProtected(name)) error(`${path}[${index}]`, ":-prefixed or host headers may not be removed");
  });
  return names.map((name) => name.toLowerCase());
}

const isProtected = (name: string): boolean => name.startsWith(":") || name.toLowerCase() === "host";

/**
 * As in Envoy: whether a header is there is asked before any is added, and those that take another's place come first.
 * `context`: what values may tell of.
 */
export function applyHeaderChanges(
  headers: Headers,
  { remove, add }: HeaderChanges,
  context: FormatContext,
): void {
  for (const name of remove) headers.remove(name);
  const overwrites: [string, string][] = [];
  const appends: [string, string][] = [];
  for (const { name, value, action, keepEmpty } of add) {
    const text = value.format(context);
    if (text === "" && !keepEmpty) continue;
    const has = headers.has(name);
    if (action === AppendAction.APPEND_IF_EXISTS_OR_ADD) appends.push([name, text]);
    else if (action === AppendAction.ADD_IF_ABSENT) {
      if (!has) appends.push([name, text]);
    } else if (action === AppendAction.OVERWRITE_IF_EXISTS_OR_ADD || has) overwrites.push([name, text]);
  }
  for (const [name, text] of overwrites) headers.set(name, text);
  for (const [name, text] of appends) headers.append(name, text);
}
