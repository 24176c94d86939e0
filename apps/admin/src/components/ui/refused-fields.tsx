"use client";

import { createContext, type ReactNode, useContext } from "react";
import { type InputIssue, refusalOf } from "../../client/refusal.ts";
import { useIssueWords } from "../../client/use-refusal-words.ts";

const Issues = createContext<readonly InputIssue[]>([]);

/** Hands what the server found wrong with an input to the fields that it came from. */
export function RefusedFields({
  error,
  children,
}: {
  readonly error: unknown;
  readonly children: ReactNode;
}) {
  const issues = error === null || error === undefined ? [] : refusalOf(error).issues;
  return <Issues value={issues}>{children}</Issues>;
}

/** What was wrong with the field of this name; undefined: nothing, or it has no name. */
export function useFieldRefusal(name: string | undefined): string | undefined {
  const words = useIssueWords();
  const issues = useContext(Issues);
  if (name === undefined) return undefined;
  const found = issues.find(({ path }) => path === name || path.split(".").at(-1) === name);
  return found && words(found);
}
