import { useTranslations } from "use-intl";
import { Badge } from "../ui/badge.tsx";
import { WARN_DAYS } from "./expiry-banner.tsx";

const BAD_DAYS = 7;

/** How long a certificate is still good for. */
export function DaysLeft({ days }: { readonly days: number | undefined }) {
  const t = useTranslations("certificates");
  if (days === undefined) return "–";
  if (days < 0) return <Badge tone="bad">{t("expired")}</Badge>;
  const text = t("days", { count: days });
  if (days > WARN_DAYS) return <span className="tabular">{text}</span>;
  return <Badge tone={days <= BAD_DAYS ? "bad" : "warn"}>{text}</Badge>;
}
