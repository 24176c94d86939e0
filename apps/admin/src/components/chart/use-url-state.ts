"use client";

import { useSearchParams } from "next/navigation";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type PendingQueries, shownQuery, withQuery } from "./pending-queries.ts";

/**
 * What a page shows, kept in its address: it survives a reload and can be sent to somebody. Empty values are left out. What was
 * written is read at once, although the address follows a moment later: a field that it is the value of loses nothing typed.
 */
export function useUrlState(): readonly [
  read: (key: string) => string | undefined,
  write: (changes: Readonly<Record<string, string | undefined>>) => void,
] {
  const address = useSearchParams().toString();
  const [pending, setPending] = useState<PendingQueries>();
  const shown = shownQuery(pending, address);
  const latest = useRef(address);
  latest.current = address;
  useEffect(() => {
    setPending((now) => (now?.written.at(-1) === address ? undefined : now));
  }, [address]);
  const params = useMemo(() => new URLSearchParams(shown), [shown]);
  const read = useCallback((key: string) => params.get(key) ?? undefined, [params]);
  const write = useCallback((changes: Readonly<Record<string, string | undefined>>) => {
    const next = new URLSearchParams(window.location.search);
    for (const [key, value] of Object.entries(changes)) {
      if (value === undefined || value === "") next.delete(key);
      else next.set(key, value);
    }
    const query = next.toString();
    setPending((now) => withQuery(now, latest.current, query));
    window.history.replaceState(null, "", query === "" ? window.location.pathname : `?${query}`);
  }, []);
  return [read, write];
}
