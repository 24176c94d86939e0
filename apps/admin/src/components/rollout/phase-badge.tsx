import type { RolloutProgress } from "@sluice/config/contract";
import { useTranslations } from "use-intl";
import { StatusDot, type Tone } from "../ui/badge.tsx";

const TONES: Readonly<Record<RolloutProgress["phase"], Tone>> = {
  running: "info",
  paused: "warn",
  reverting: "warn",
  completed: "ok",
  reverted: "bad",
  aborted: "neutral",
  superseded: "neutral",
};

export function PhaseBadge({ phase }: { readonly phase: RolloutProgress["phase"] }) {
  const t = useTranslations("rollout");
  return (
    <StatusDot tone={TONES[phase]} pulse={phase === "running" || phase === "reverting"}>
      <span className="text-xs">{t(`phases.${phase}`)}</span>
    </StatusDot>
  );
}
