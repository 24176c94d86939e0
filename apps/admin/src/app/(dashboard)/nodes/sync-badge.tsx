import type { SyncState } from "@sluice/config";
import { useTranslations } from "use-intl";
import { StatusDot, type Tone } from "../../../components/ui/badge.tsx";

const TONES: Readonly<Record<SyncState, Tone>> = {
  pending: "neutral",
  sent: "info",
  acknowledged: "accent",
  effective: "ok",
  refused: "bad",
  disconnected: "warn",
};

/** How far a configuration got on a node. */
export function SyncBadge({ state }: { readonly state: SyncState }) {
  const t = useTranslations("nodes");
  return (
    <StatusDot tone={TONES[state]} pulse={state === "sent" || state === "acknowledged"}>
      <span className="text-xs">{t(`sync.${state}`)}</span>
    </StatusDot>
  );
}
