import type { ApprovalRequest } from "@sluice/config/contract";
import { useTranslations } from "use-intl";
import { Badge, StatusDot, type Tone } from "../ui/badge.tsx";

const TONES: Readonly<Record<ApprovalRequest["state"], Tone>> = {
  open: "info",
  approved: "ok",
  refused: "bad",
  withdrawn: "neutral",
  stale: "warn",
  expired: "warn",
};

/** Where a request stands; that somebody broke the glass is said beside it, always. */
export function ApprovalState({ request }: { readonly request: ApprovalRequest }) {
  const t = useTranslations("approvals");
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <StatusDot tone={TONES[request.state]}>
        <span className="text-xs">{t(`states.${request.state}`)}</span>
      </StatusDot>
      {request.brokenGlass && <Badge tone="bad">{t("brokenGlass")}</Badge>}
    </span>
  );
}

/** What is asked for, in words. */
export function useAskedWords(): (request: ApprovalRequest) => string {
  const t = useTranslations("approvals");
  return ({ kind, group, version }) => t(`asked.${kind}`, { group, version: version ?? 0 });
}
