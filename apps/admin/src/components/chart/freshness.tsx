"use client";

import { useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { StatusDot } from "../ui/badge.tsx";

const STALE_MS = 3_000;

export interface FreshnessProps {
  /** The browser's clock when the last event came (`performance.now()`); undefined before the first. */
  readonly receivedAt: number | undefined;
  /** How old the newest report was then, milliseconds; undefined when no node ever reported. */
  readonly reportAgeMs: number | undefined;
}

/** Whether the figures are of now, and if not, how old they are. */
export function Freshness({ receivedAt, reportAgeMs }: FreshnessProps) {
  const t = useTranslations("traffic");
  const [now, setNow] = useState(0);
  useEffect(() => {
    const tick = (): void => setNow(performance.now());
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, []);
  if (receivedAt === undefined)
    return (
      <StatusDot tone="neutral" pulse>
        {t("waiting")}
      </StatusDot>
    );
  if (reportAgeMs === undefined) return <StatusDot tone="neutral">{t("noReports")}</StatusDot>;
  const ageMs = Math.max(0, now - receivedAt) + reportAgeMs;
  const stale = ageMs > STALE_MS;
  return (
    <span role="status" className="text-xs text-muted">
      <StatusDot tone={stale ? "warn" : "ok"}>
        {stale ? t("staleFor", { seconds: Math.round(ageMs / 1000) }) : t("live")}
      </StatusDot>
    </span>
  );
}
