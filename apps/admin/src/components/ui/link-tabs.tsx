"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { classes } from "./classes.ts";

export interface LinkTabsProps {
  /** What the pages have in common. */
  readonly label: string;
  readonly tabs: readonly { readonly href: string; readonly label: string }[];
}

/** The way between pages that belong together; each has an address of its own. */
export function LinkTabs({ label, tabs }: LinkTabsProps) {
  const pathname = usePathname();
  return (
    <nav
      aria-label={label}
      className="flex shrink-0 gap-3 overflow-x-auto px-5 shadow-[inset_0_-1px_var(--color-line)] max-sm:px-3"
    >
      {tabs.map(({ href, label: text }) => {
        const here = pathname === href;
        return (
          <Link
            key={href}
            href={href}
            aria-current={here ? "page" : undefined}
            className={classes(
              "flex h-9 items-center border-b-2 px-1 text-sm font-medium whitespace-nowrap hover:text-ink focus-visible:outline-offset-[-2px]",
              here ? "border-accent text-ink" : "border-transparent text-muted",
            )}
          >
            {text}
          </Link>
        );
      })}
    </nav>
  );
}
