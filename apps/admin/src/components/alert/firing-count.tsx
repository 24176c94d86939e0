"use client";

import { useTranslations } from "use-intl";
import { CountBadge } from "../ui/count-badge.tsx";
import { useFiringAlerts } from "./use-firing-alerts.ts";

/** How many alerts fire; nothing while none does. */
export function FiringCount() {
  const t = useTranslations("alerts");
  const count = useFiringAlerts().length;
  return <CountBadge count={count} tone="bad" text={t("countFiring", { count })} />;
}
