import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  type HeaderValueOption,
} from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { Headers } from "../../http/header-map.ts";

/** What is done to the headers of a check's request: what goes, then what comes, each in the message's order. */
export interface HeaderChanges {
  readonly remove: readonly string[];
  readonly add: readonly HeaderAddition[];
}

interface HeaderAddition {
  readonly name: string;
  readonly value: string;
  readonly action: AppendAction;
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
    const written = header.value;
    if (written.replaceAll("%%", "").includes("%")) {
      error(
        `${at}.value`,
        "command operators are not implemented here: a check has no request that they tell of",
      );
    }
    const value = written.replaceAll("%%", "%");
    if (value === "" && !option.keepEmptyValue) return [];
    const action =
      option.append === undefined
        ? option.appendAction
        : option.append
          ? AppendAction.APPEND_IF_EXISTS_OR_ADD
          : AppendAction.OVERWRITE_IF_EXISTS_OR_ADD;
    return [{ name: header.key.toLowerCase(), value, action }];
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

/** As in Envoy: whether a header is there is asked before any is added, and those that take another's place come first. */
export function applyHeaderChanges(headers: Headers, { remove, add }: HeaderChanges): void {
  for (const name of remove) headers.remove(name);
  const wanted = add.filter(({ name, action }) => {
    if (action === AppendAction.ADD_IF_ABSENT) return !headers.has(name);
    return action !== AppendAction.OVERWRITE_IF_EXISTS || headers.has(name);
  });
  const overwrites = ({ action }: HeaderAddition): boolean =>
    action === AppendAction.OVERWRITE_IF_EXISTS || action === AppendAction.OVERWRITE_IF_EXISTS_OR_ADD;
  for (const { name, value } of wanted.filter(overwrites)) headers.set(name, value);
  for (const { name, value } of wanted.filter((each) => !overwrites(each))) headers.append(name, value);
}
