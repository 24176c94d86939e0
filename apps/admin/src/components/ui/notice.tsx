import type { ReactNode } from "react";
import { classes } from "./classes.ts";
import { Icon, type IconName } from "./icon.tsx";

const LOOKS = {
  info: { box: "border-info/30 bg-info-soft", ink: "text-info", icon: "info" },
  ok: { box: "border-ok/30 bg-ok-soft", ink: "text-ok", icon: "ok" },
  warn: { box: "border-warn/30 bg-warn-soft", ink: "text-warn", icon: "warning" },
  bad: { box: "border-bad/30 bg-bad-soft", ink: "text-bad", icon: "error" },
} satisfies Record<string, { box: string; ink: string; icon: IconName }>;

export interface NoticeProps {
  readonly tone: keyof typeof LOOKS;
  readonly title?: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** Something about the whole page or form. A `bad` one is announced at once. */
export function Notice({ tone, title, children, action }: NoticeProps) {
  const look = LOOKS[tone];
  return (
    <div
      role={tone === "bad" ? "alert" : "status"}
      className={classes("flex flex-wrap items-start gap-2 rounded-lg border px-3 py-2 text-sm", look.box)}
    >
      <Icon name={look.icon} className={classes("mt-0.5", look.ink)} />
      <div className="min-w-0 flex-1">
        {title && <p className="font-medium">{title}</p>}
        {children && <div className="break-words text-muted">{children}</div>}
      </div>
      {action}
    </div>
  );
}
