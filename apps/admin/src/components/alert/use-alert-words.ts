import type { AlertMeasure, AlertRule, AlertScope } from "@sluice/config/contract";
import { useFormatter, useTranslations } from "use-intl";

/** What is stored in other units than people read: an error rate is a share. */
export function shownFactor(measure: AlertMeasure): number {
  return measure === "error_rate" ? 100 : 1;
}

export interface AlertWords {
  /** With its unit. */
  value(measure: AlertMeasure, value: number): string;
  condition(rule: Pick<AlertRule, "measure" | "threshold" | "forMs">): string;
  scope(scope: AlertScope): string;
  /** What an alert is about: one thing by its name, or everything. */
  target(target: string): string;
}

export function useAlertWords(): AlertWords {
  const t = useTranslations("alerts");
  const format = useFormatter();
  const value: AlertWords["value"] = (measure, stored) => {
    const number = format.number(stored * shownFactor(measure), { maximumSignificantDigits: 3 });
    const unit = t(`units.${measure}`);
    return unit === "%" ? `${number}%` : `${number} ${unit}`;
  };
  return {
    value,
    condition: ({ measure, threshold, forMs }) =>
      t("condition", {
        measure: t(`measures.${measure}`),
        when: t(`when.${threshold.when}`),
        value: value(measure, threshold.value),
        seconds: forMs / 1000,
      }),
    scope: ({ kind, name }) => {
      if (kind === "all") return t("scopes.all");
      return name === undefined
        ? t("scopeEach", { kind: t(`scopes.${kind}`) })
        : t("scopeOne", { kind: t(`scopes.${kind}`), name });
    },
    target: (target) => (target === "all" ? t("scopes.all") : target),
  };
}
