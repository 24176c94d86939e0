"use client";

import { useEffect, useState } from "react";
import { useFormatter } from "use-intl";

/**
 * `3 minutes ago`, moving by itself; the exact time in the user's zone on hover and for screen readers. With `ahead` it may be
 * yet to come (`in 3 hours`); else what seems so is clocks that differ, and shown as now.
 */
export function RelativeTime({ at, ahead = false }: { readonly at: Date; readonly ahead?: boolean }) {
  const format = useFormatter();
  const [now, setNow] = useState<Date>();
  useEffect(() => {
    setNow(new Date());
    const ageMs = Math.abs(Date.now() - at.getTime());
    const timer = setInterval(() => setNow(new Date()), ageMs < 90_000 ? 1_000 : 30_000);
    return () => clearInterval(timer);
  }, [at]);
  const exact = format.dateTime(at, { dateStyle: "medium", timeStyle: "long" });
  return (
    <time
      dateTime={at.toISOString()}
      title={exact}
      suppressHydrationWarning
      className="whitespace-nowrap tabular"
    >
      {now ? format.relativeTime(at, now < at && !ahead ? at : now) : exact}
    </time>
  );
}
