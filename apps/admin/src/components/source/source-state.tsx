"use client";

import type { SourceState as State } from "@sluice/config";
import { useTranslations } from "use-intl";
import { StatusDot, type Tone } from "../ui/badge.tsx";

const TONES: Readonly<Record<State["phase"], Tone>> = {
  new: "neutral",
  in_sync: "ok",
  pending: "info",
  waiting: "info",
  blocked: "warn",
  failed: "bad",
};

/** How far a source is, and why not further. */
export function SourcePhase({ source }: { readonly source: State }) {
  const t = useTranslations("source");
  return (
    <span className="flex flex-col">
      <StatusDot tone={TONES[source.phase]}>
        <span className="text-xs">{t(`phases.${source.phase}`)}</span>
      </StatusDot>
      {source.message !== "" && source.phase !== "pending" && (
        <span className="text-xs break-words whitespace-normal text-muted">{source.message}</span>
      )}
    </span>
  );
}
