"use client";

import { useCallback } from "react";
import { useRefusalWords } from "../../client/use-refusal-words.ts";
import { useToast } from "./toast.tsx";

/** Says why what a press of a button asked for did not work, where there is no form to say it in. */
export function useRefusalToast(): (error: unknown) => void {
  const toast = useToast();
  const refusalWords = useRefusalWords();
  return useCallback((error) => toast({ tone: "bad", text: refusalWords(error) }), [toast, refusalWords]);
}
