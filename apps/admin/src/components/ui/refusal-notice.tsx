"use client";

import type { ReactNode } from "react";
import { useRefusalWords } from "../../client/use-refusal-words.ts";
import { Notice } from "./notice.tsx";

export interface RefusalNoticeProps {
  /** Of a call; none, and nothing shows. */
  readonly error: unknown;
  readonly title?: string;
  readonly action?: ReactNode;
}

/** Why a call did not work, where it was asked for. */
export function RefusalNotice({ error, ...look }: RefusalNoticeProps) {
  const refusalWords = useRefusalWords();
  if (error === null || error === undefined) return null;
  return (
    <Notice tone="bad" {...look}>
      {refusalWords(error)}
    </Notice>
  );
}
