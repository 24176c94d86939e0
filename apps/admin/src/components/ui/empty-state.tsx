import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon.tsx";

export interface EmptyStateProps {
  readonly icon: IconName;
  readonly title: string;
  /** What it is for and what to do first. */
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

export function EmptyState({ icon, title, children, action }: EmptyStateProps) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-3 px-6 py-16 text-center">
      <span className="flex size-10 items-center justify-center rounded-lg border border-line bg-surface text-muted">
        <Icon name={icon} size={20} />
      </span>
      <h2 className="text-base font-semibold">{title}</h2>
      <div className="text-sm text-muted">{children}</div>
      {action}
    </div>
  );
}
