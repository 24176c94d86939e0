import type { ReactNode } from "react";
import { classes } from "./classes.ts";

export type Tone = "neutral" | "ok" | "warn" | "bad" | "info" | "accent";

const SOFT: Readonly<Record<Tone, string>> = {
  neutral: "bg-sunken text-muted border-line",
  ok: "bg-ok-soft text-ok border-transparent",
  warn: "bg-warn-soft text-warn border-transparent",
  bad: "bg-bad-soft text-bad border-transparent",
  info: "bg-info-soft text-info border-transparent",
  accent: "bg-accent-soft text-accent border-transparent",
};

/** A word in a box; the word carries the meaning, the colour only repeats it. */
export function Badge({
  tone = "neutral",
  children,
}: {
  readonly tone?: Tone;
  readonly children: ReactNode;
}) {
  return (
    <span
      className={classes(
        "inline-flex h-5 items-center gap-1 rounded-sm border px-1.5 text-xs font-medium whitespace-nowrap",
        SOFT[tone],
      )}
    >
      {children}
    </span>
  );
}

const INKS: Readonly<Record<Tone, string>> = {
  neutral: "text-faint",
  ok: "text-ok",
  warn: "text-warn",
  bad: "text-bad",
  info: "text-info",
  accent: "text-accent",
};

/** Each tone has a shape of its own, so that it can be told without colours. */
const SHAPES: Readonly<Record<Tone, ReactNode>> = {
  neutral: <circle cx="5" cy="5" r="3.5" fill="none" stroke="currentColor" strokeWidth="1.5" />,
  ok: <circle cx="5" cy="5" r="4" fill="currentColor" />,
  warn: <path d="M5 0.8 9.6 9H0.4z" fill="currentColor" />,
  bad: <path d="M1.2 1.2h7.6v7.6H1.2z" fill="currentColor" />,
  info: <path d="M5 1a4 4 0 0 1 0 8z" fill="currentColor" stroke="currentColor" />,
  accent: <path d="M5 0.5 9.5 5 5 9.5 0.5 5z" fill="currentColor" />,
};

export interface StatusDotProps {
  readonly tone: Tone;
  readonly children: ReactNode;
  /** Something is under way. */
  readonly pulse?: boolean;
}

export function StatusDot({ tone, children, pulse }: StatusDotProps) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <svg
        aria-hidden="true"
        width="10"
        height="10"
        viewBox="0 0 10 10"
        className={classes("shrink-0", INKS[tone], pulse && "animate-pulse")}
      >
        {SHAPES[tone]}
      </svg>
      {children}
    </span>
  );
}
