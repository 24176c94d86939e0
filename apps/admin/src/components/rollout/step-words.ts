import type { RolloutStrategy } from "@sluice/config/contract";
import { useTranslations } from "use-intl";

/** Who gets the version at a step, in words. */
export function useStepWords(): (strategy: RolloutStrategy, index: number) => string {
  const t = useTranslations("rollout");
  return ({ steps }, index) => {
    const step = steps[index];
    if (step === undefined || ("percent" in step && step.percent === 100)) return t("allNodes");
    return "percent" in step
      ? t("percentOfNodes", { percent: step.percent })
      : t("nodesWith", { selector: step.selector });
  };
}
