"use client";

import { useTranslations } from "use-intl";
import { StatusDot, type Tone } from "../ui/badge.tsx";
import type { DraftSnapshot, SaveState } from "./draft-session.ts";

const TONES: Readonly<Record<SaveState, Tone>> = {
  saved: "ok",
  dirty: "neutral",
  saving: "neutral",
  waiting: "warn",
  conflict: "bad",
  refused: "bad",
};

/** Where what was typed is now: in the draft, on its way, or kept in this browser. */
export function SaveStateBadge({ draft }: { readonly draft: DraftSnapshot }) {
  const t = useTranslations("config");
  return (
    <span className="text-xs text-muted" role="status" title={draft.refusal}>
      <StatusDot tone={TONES[draft.state]} pulse={draft.state === "saving"}>
        {t(draft.state === "saved" && draft.change === "unchanged" ? "save.live" : `save.${draft.state}`)}
        {draft.refusal && <span className="text-bad">{draft.refusal}</span>}
      </StatusDot>
    </span>
  );
}
