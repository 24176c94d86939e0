import type { Compiled, HeaderMap, Problem } from "@sluice/extension-api";
import {
  KeyValueAppend_KeyValueAppendAction as AppendAction,
  type KeyValueMutation,
} from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { compileSubstitutionFormat } from "../formatter/compile-substitution-format.ts";
import type { FormatContext, SubstitutionFormatter } from "../formatter/format-context.ts";
import type { OperatorTable } from "../formatter/operator.ts";

/** One step of a list of `KeyValueMutation`s of query parameters. */
export type QueryEdit =
  | { readonly kind: "remove"; readonly key: string }
  | {
      readonly kind: "append";
      readonly key: string;
      readonly value: SubstitutionFormatter;
      readonly action: AppendAction;
    };

export function compileQueryEdits(
  list: readonly KeyValueMutation[],
  path: string,
  operators: OperatorTable,
): Compiled<readonly QueryEdit[]> {
  const problems: Problem[] = [];
  const edits: QueryEdit[] = [];
  for (const [i, { append, remove }] of list.entries()) {
    const at = `${path}[${i}]`;
    const refuse = (message: string): number => problems.push({ path: at, message, severity: "error" });
    if (append === undefined) {
      if (remove === "") refuse("Both append and remove are empty, at least one should be set");
      else edits.push({ kind: "remove", key: remove });
      continue;
    }
    if (remove !== "") refuse("Only one of 'append'/'remove can be specified.");
    const { record } = append;
    if (record?.value?.kind.case !== "stringValue") {
      refuse("Only string value is allowed for record value.");
      continue;
    }
    const value = compileSubstitutionFormat(record.value.kind.value, `${at}.append.record.value`, {
      omitEmptyValues: true,
      operators,
    });
    if (value.ok) edits.push({ kind: "append", key: record.key, value: value.value, action: append.action });
    else problems.push(...value.problems);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: edits };
}

/**
 * Applies edits to the query of `:path`. As in Envoy its parameters stand sorted by key afterwards, and decoded, but for the values
 * of edits, which are percent-encoded, and for octets that no request line may hold: Envoy answers 503 to most of these.
 */
export function applyQueryEdits(
  edits: readonly QueryEdit[],
  headers: HeaderMap,
  context: FormatContext,
): void {
  if (edits.length === 0) return;
  editQuery(headers, (parameters) => {
    for (const edit of edits) applyEdit(edit, parameters, context);
  });
}

function applyEdit(edit: QueryEdit, parameters: Map<string, string[]>, context: FormatContext): void {
  const values = parameters.get(edit.key);
  if (edit.kind === "remove") {
    parameters.delete(edit.key);
    return;
  }
  const { action, key } = edit;
  const encoded = (): string => percentEncoded(edit.value.format(context));
  if (action === AppendAction.APPEND_IF_EXISTS_OR_ADD) parameters.set(key, [...(values ?? []), encoded()]);
  else if (action === AppendAction.ADD_IF_ABSENT) {
    if (values === undefined) parameters.set(key, [encoded()]);
  } else if (action === AppendAction.OVERWRITE_IF_EXISTS_OR_ADD || values !== undefined)
    parameters.set(key, [encoded()]);
}

/**
 * Sets and removes parameters of the query of `:path`, as they are: nothing is decoded or encoded. They stand sorted by key afterwards.
 */
export function setQueryParameters(
  headers: HeaderMap,
  set: readonly (readonly [key: string, value: string])[],
  remove: readonly string[],
): void {
  if (set.length === 0 && remove.length === 0) return;
  const edit = (parameters: Map<string, string[]>): void => {
    for (const [key, value] of set) parameters.set(key, [value]);
    for (const key of remove) parameters.delete(key);
  };
  editQuery(headers, edit, (text) => text);
}

/** Octet by octet: a header's value is a latin1 string. */
function percentEncoded(value: string): string {
  return value.replaceAll(
    /[^A-Za-z0-9\-._~]/g,
    (one) => `%${(one.charCodeAt(0) & 0xff).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** Octets that are no part of a request's target stay as they are: `%0D%0A` must not end its line. */
function decoded(text: string): string {
  if (!text.includes("%")) return text;
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (one, hex: string) => {
    const octet = Number.parseInt(hex, 16);
    return octet <= 0x20 || octet === 0x7f ? one : String.fromCharCode(octet);
  });
}

/** Decoded, of a request's target; the values of one key in their order. */
export function queryParameters(path: string): ReadonlyMap<string, readonly string[]> {
  const mark = path.indexOf("?");
  return parseQuery(mark < 0 ? "" : path.slice(mark + 1), decoded);
}

/** All values of it, from `:path`; what is left stands as after `applyQueryEdits`. */
export function removeQueryParameter(headers: HeaderMap, key: string): void {
  editQuery(headers, (parameters) => parameters.delete(key));
}

/** The query of `:path`, its parameters sorted by key and read by `decode`. */
function editQuery(
  headers: HeaderMap,
  edit: (parameters: Map<string, string[]>) => void,
  decode: (text: string) => string = decoded,
): void {
  const path = headers.get(":path");
  if (path === undefined) return;
  const mark = path.indexOf("?");
  const parameters = parseQuery(mark < 0 ? "" : path.slice(mark + 1), decode);
  edit(parameters);
  const query = printQuery(parameters);
  const bare = mark < 0 ? path : path.slice(0, mark);
  headers.set(":path", query === "" ? bare : `${bare}?${query}`);
}

function parseQuery(query: string, decode: (text: string) => string): Map<string, string[]> {
  const parameters = new Map<string, string[]>();
  const pairs = query.split("&");
  // As Envoy, to which an end is no parameter; an empty one elsewhere is.
  if (pairs.at(-1) === "") pairs.pop();
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    const key = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : decode(pair.slice(equals + 1));
    const known = parameters.get(key);
    if (known === undefined) parameters.set(key, [value]);
    else known.push(value);
  }
  return parameters;
}

function printQuery(parameters: ReadonlyMap<string, readonly string[]>): string {
  return [...parameters]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, values]) => values.map((value) => `${key}=${value}`))
    .join("&");
}
