import Link from "next/link";
import type { ReactNode } from "react";
import { Icon } from "./icon.tsx";

export interface PageHeaderProps {
  readonly title: string;
  readonly description?: ReactNode;
  /** Where one comes from. */
  readonly back?: { readonly href: string; readonly label: string };
  /** Beside the title: badges. */
  readonly marks?: ReactNode;
  /** Buttons, the main one last. */
  readonly actions?: ReactNode;
}

export function PageHeader({ title, description, back, marks, actions }: PageHeaderProps) {
  return (
    <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3 px-6 pt-5 pb-4 max-sm:px-4">
      <div className="min-w-0 sm:flex-1 sm:basis-96">
        {back && (
          <Link
            href={back.href}
            className="mb-1 inline-flex items-center gap-1 text-xs text-muted hover:text-ink"
          >
            <Icon name="chevronLeft" size={12} />
            {back.label}
          </Link>
        )}
        <div className="flex flex-wrap items-center gap-2">
          <h1 className="text-xl font-semibold tracking-tight wrap-anywhere">{title}</h1>
          {marks}
        </div>
        {description && <p className="mt-0.5 max-w-3xl text-sm text-pretty text-muted">{description}</p>}
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  );
}
