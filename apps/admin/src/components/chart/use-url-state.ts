"use client";

import { useSearchParams } from "next/navigation";
import { useCallback } from "react";

/** What a page shows, kept in its address: it survives a reload and can be sent to somebody. Empty values are left out. */
export function useUrlState(): readonly [
  read: (key: string) => string | undefined,
  write: (changes: Readonly<Record<string, string | undefined>>) => void,
] {
  const params = useSearchParams();
  const read = useCallback((key: string) => params.get(key) ?? undefined, [params]);
  const write = useCallback((changes: Readonly<Record<string, string | undefined>>) => {
    const next = new URLSearchParams(window.location.search);
    for (const [key, value] of Object.entries(changes)) {
      if (value === undefined || value === "") next.delete(key);
      else next.set(key, value);
    }
    const query = next.toString();
    window.history.replaceState(null, "", query === "" ? window.location.pathname : `?${query}`);
  }, []);
  return [read, write];
}
