import type { Certificate } from "@sluice/config";
import { useTranslations } from "use-intl";
import { StatusDot } from "../ui/badge.tsx";

/** Whether something is wrong with it, and how bad. */
export function CertificateState({ problems }: Pick<Certificate, "problems">) {
  const t = useTranslations("certificates");
  const bad = problems.some(({ severity }) => severity === "error");
  const tone = problems.length === 0 ? "ok" : bad ? "bad" : "warn";
  return (
    <StatusDot tone={tone}>
      <span className="text-xs">
        {problems.length === 0 ? t("good") : t("problems", { count: problems.length })}
      </span>
    </StatusDot>
  );
}
