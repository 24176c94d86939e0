"use client";

import { useTranslations } from "use-intl";
import { type ConnectionState, useConnectionState } from "../../client/connection-state.ts";
import { StatusDot, type Tone } from "../ui/badge.tsx";
import { Tip } from "../ui/tip.tsx";

const TONES: Readonly<Record<ConnectionState, Tone>> = {
  connecting: "neutral",
  live: "ok",
  reconnecting: "warn",
  offline: "bad",
};

/** Whether what is on the screen moves by itself. */
export function ConnectionBadge() {
  const t = useTranslations("shell");
  const state = useConnectionState();
  return (
    <Tip text={t(`connectionHint.${state}`)}>
      <button
        type="button"
        aria-live="polite"
        className="rounded-md px-2 py-1 text-xs text-muted hover:bg-hover"
      >
        <StatusDot tone={TONES[state]} pulse={state === "connecting" || state === "reconnecting"}>
          <span className={state === "live" ? "max-sm:sr-only" : ""}>{t(`connection.${state}`)}</span>
        </StatusDot>
      </button>
    </Tip>
  );
}
