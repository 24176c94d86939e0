"use client";

import { useSearchParams } from "next/navigation";
import { useEffect, useRef } from "react";

/** Opens what the address asks for (`?open=new`, as the command palette does), once: a reload does not ask again. */
export function useOpenFromAddress(open: (what: string) => void): void {
  const what = useSearchParams().get("open");
  const latest = useRef(open);
  latest.current = open;
  useEffect(() => {
    if (what === null) return;
    latest.current(what);
    const rest = new URLSearchParams(window.location.search);
    rest.delete("open");
    window.history.replaceState(null, "", rest.size === 0 ? window.location.pathname : `?${rest}`);
  }, [what]);
}
