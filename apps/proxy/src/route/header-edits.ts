import type { Compiled, HeaderMap, Problem } from "@sluice/extension-api";
import { type CompiledStringMatcher, compileStringMatcher, headerKey } from "@sluice/matching";
import { CustomInlineHeader_InlineHeaderType as HeaderType } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import type { HeaderMutation as MutationConfig } from "@sluice/xds/gen/envoy/config/common/mutation_rules/v3/mutation_rules_pb.js";
import { HeaderValueOption_HeaderAppendAction as AppendAction } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { compileSubstitutionFormat } from "../formatter/compile-substitution-format.ts";
import type { FormatContext, SubstitutionFormatter } from "../formatter/format-context.ts";
import type { OperatorTable } from "../formatter/operator.ts";
import { INLINE_HEADERS } from "../http/inline-headers.ts";
import { chosenAppendAction } from "./append-action.ts";
import { addHeader, isJoined } from "./joined-headers.ts";

const NO_OPERATORS: OperatorTable = {};

/** One step of a `envoy.config.common.mutation_rules.v3.HeaderMutation` list. */
export type HeaderEdit =
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "removeMatching"; readonly matcher: CompiledStringMatcher }
  | {
      readonly kind: "append";
      readonly name: string;
      readonly value: SubstitutionFormatter;
      readonly action: AppendAction;
      readonly keepEmpty: boolean;
      /** The header has one line: the value joins what it has. */
      readonly joined: boolean;
    };

/** What is edited: each has headers of one line of its own. */
export type EditedPart = "request" | "response" | "requestTrailers" | "responseTrailers";

/** What is done to a message's headers, in the configured order; `path` is the list's; `operators`: of formatter extensions. */
export function compileHeaderEdits(
  list: readonly MutationConfig[],
  part: EditedPart,
  path: string,
  operators: OperatorTable = NO_OPERATORS,
): Compiled<readonly HeaderEdit[]> {
  const problems: Problem[] = [];
  const edits: HeaderEdit[] = [];
  for (const [i, one] of list.entries()) {
    const edit = compileEdit(one, part, `${path}[${i}]`, operators);
    if (edit.ok) edits.push(edit.value);
    else problems.push(...edit.problems);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: edits };
}

function compileEdit(
  { action }: MutationConfig,
  part: EditedPart,
  path: string,
  operators: OperatorTable,
): Compiled<HeaderEdit> {
  const refuse = (at: string, message: string): Compiled<HeaderEdit> => ({
    ok: false,
    problems: [{ path: `${path}${at}`, message, severity: "error" }],
  });
  switch (action.case) {
    case "remove":
      return { ok: true, value: { kind: "remove", name: headerKey(action.value) } };
    case "removeOnMatch": {
      const matcher = action.value.keyMatcher;
      if (matcher === undefined) return refuse(".remove_on_match", "key_matcher is required");
      const compiled = compileStringMatcher(matcher, `${path}.remove_on_match.key_matcher`);
      return compiled.ok
        ? { ok: true, value: { kind: "removeMatching", matcher: compiled.value } }
        : compiled;
    }
    case "append": {
      const { header, keepEmptyValue: keepEmpty } = action.value;
      const chosen = chosenAppendAction(action.value);
      if (typeof chosen === "string") return refuse(".append", chosen);
      if (header === undefined) return refuse(".append", "header is required");
      if (isProtected(header.key)) {
        return refuse(".append.header.key", ":-prefixed or host headers may not be modified");
      }
      const format = compileSubstitutionFormat(header.value, `${path}.append.header.value`, {
        omitEmptyValues: true,
        operators,
      });
      if (!format.ok) return format;
      const name = header.key.toLowerCase();
      const value = format.value;
      const joined = isJoinedIn(part, name);
      return {
        ok: true,
        value: { kind: "append", name, value, action: chosen, keepEmpty, joined },
      };
    }
    case undefined:
      return refuse("", "one of remove, append and remove_on_match is required");
  }
}

/** What a message cannot be without. */
function isProtected(name: string): boolean {
  return name.startsWith(":") || name.toLowerCase() === "host";
}

function isJoinedIn(part: EditedPart, name: string): boolean {
  if (part === "request" || part === "response") return isJoined(name, part);
  if (part === "requestTrailers") return INLINE_HEADERS[HeaderType.REQUEST_TRAILER].has(name);
  return name === "grpc-message" || INLINE_HEADERS[HeaderType.RESPONSE_TRAILER].has(name);
}

export function applyHeaderEdits(
  edits: readonly HeaderEdit[],
  headers: HeaderMap,
  context: FormatContext,
): void {
  for (const edit of edits) {
    if (edit.kind === "remove") headers.remove(edit.name);
    else if (edit.kind === "removeMatching") removeMatching(edit.matcher, headers);
    else {
      const text = edit.value.format(context);
      if (text === "" && !edit.keepEmpty) continue;
      const has = headers.has(edit.name);
      if (edit.action === AppendAction.APPEND_IF_EXISTS_OR_ADD)
        addHeader(headers, edit.name, text, edit.joined);
      else if (edit.action === AppendAction.ADD_IF_ABSENT) {
        if (!has) headers.append(edit.name, text);
      } else if (edit.action === AppendAction.OVERWRITE_IF_EXISTS_OR_ADD || has) headers.set(edit.name, text);
    }
  }
}

function removeMatching(matcher: CompiledStringMatcher, headers: HeaderMap): void {
  const names = new Set<string>();
  headers.forEach((name) => {
    if (!isProtected(name) && matcher.matches(name)) names.add(name);
  });
  for (const name of names) headers.remove(name);
}
