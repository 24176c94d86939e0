"use client";

import { type ReactNode, useEffect, useState } from "react";
import { useFormatter } from "use-intl";
import { Notice } from "./notice.tsx";

/** That something takes its time, and how long it has by now. Appears after a second: what is quick needs no words. */
export function WorkingNotice({ children }: { readonly children: ReactNode }) {
  const format = useFormatter();
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const startedMs = performance.now();
    const timer = setInterval(() => setSeconds(Math.floor((performance.now() - startedMs) / 1000)), 250);
    return () => clearInterval(timer);
  }, []);
  if (seconds < 1) return null;
  return (
    <Notice
      tone="info"
      action={
        <span aria-hidden="true" className="text-muted tabular">
          {format.number(seconds, { style: "unit", unit: "second" })}
        </span>
      }
    >
      {children}
    </Notice>
  );
}
