import type { HeaderMap } from "@sluice/extension-api";
import { headerKey } from "@sluice/matching";
import type { HeaderChange, Verdict } from "../../../../authorization/verdict.ts";
import { isHeaderName, isHeaderValue, type MutationCheck } from "../../../../route/header-mutation-rules.ts";
import { addHeader, isJoined } from "../../../../route/joined-headers.ts";

/** What of a verdict's changes is judged, and how. */
export interface Judgement {
  readonly validateMutations: boolean;
  readonly mutationCheck: MutationCheck | undefined;
}

/** Changes the request as the service says, one after the other; false: one of them is not to be made, and the rest was not. */
export function changeRequest(
  headers: HeaderMap,
  changes: readonly HeaderChange[],
  removals: readonly string[],
  { validateMutations, mutationCheck }: Judgement,
): boolean {
  for (const change of changes) {
    if (validateMutations && !isValid(change)) return false;
    const name = headerKey(change.name);
    const kind = change.action === "append" ? "append" : "set";
    const checked = mutationCheck?.(kind, name, change.value) ?? "allowed";
    if (checked === "refused") return false;
    if (checked === "allowed") changeHeader(headers, change, name, "request");
  }
  for (const given of removals) {
    if (validateMutations && !isHeaderName(given)) continue;
    const name = given.toLowerCase();
    if (mutationCheck === undefined && (name.startsWith(":") || name === "host")) continue;
    const checked = mutationCheck?.("remove", name, "") ?? "allowed";
    if (checked === "refused") return false;
    if (checked === "allowed") headers.remove(name);
  }
  return true;
}

export function isValid({ name, value }: Pick<HeaderChange, "name" | "value">): boolean {
  return isHeaderName(name) && isHeaderValue(value);
}

/** In place of what a local reply has by these names. */
export function setReplyHeaders(reply: HeaderMap, set: Verdict["replyHeaders"]): void {
  for (const { name } of set) reply.remove(name.toLowerCase());
  for (const { name, value } of set) {
    const lower = name.toLowerCase();
    addHeader(reply, lower, value, isJoined(lower, "response"));
  }
}

/** `name`: in lower case. */
export function changeHeader(
  headers: HeaderMap,
  { value, action }: HeaderChange,
  name: string,
  part: "request" | "response",
): void {
  switch (action) {
    case "add":
      addHeader(headers, name, value, isJoined(name, part));
      break;
    case "append":
      joinFirst(headers, name, value);
      break;
    case "add if absent":
      if (!headers.has(name)) headers.append(name, value);
      break;
    case "overwrite if present":
      if (headers.has(name)) headers.set(name, value);
      break;
    case "set":
      headers.set(name, value);
  }
}

/** A comma and the value behind the first line. */
function joinFirst(headers: HeaderMap, name: string, value: string): void {
  const before = headers.get(name);
  if (before === undefined) return;
  const lines: string[] = [];
  headers.forEach((each, line) => {
    if (each === name) lines.push(line);
  });
  headers.set(name, `${before},${value}`);
  for (const line of lines.slice(1)) headers.append(name, line);
}
