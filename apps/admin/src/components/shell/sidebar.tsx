"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { useTranslations } from "use-intl";
import { classes } from "../ui/classes.ts";
import { Icon } from "../ui/icon.tsx";
import { Tip } from "../ui/tip.tsx";
import { isCurrent, NAVIGATION } from "./navigation.ts";
import { Wordmark } from "./wordmark.tsx";

export interface SidebarProps {
  /** Icons only. */
  readonly collapsed: boolean;
  readonly onNavigate?: () => void;
}

export function Sidebar({ collapsed, onNavigate }: SidebarProps) {
  const t = useTranslations("shell");
  const pathname = usePathname();
  return (
    <nav aria-label={t("navigation")} className="flex h-full flex-col overflow-y-auto px-2 pb-4">
      <div className={classes("flex h-12 items-center", collapsed ? "justify-center" : "px-2")}>
        <Wordmark compact={collapsed} />
      </div>
      {NAVIGATION.map((group) => (
        <div key={group.id} className="mt-3 first-of-type:mt-1">
          <h2 className={classes("px-2 pb-1 text-xs font-medium text-faint", collapsed && "sr-only")}>
            {t(`groups.${group.id}`)}
          </h2>
          <ul>
            {group.items.map((item) => {
              const current = isCurrent(item.href, pathname);
              const label = t(`pages.${item.id}`);
              const link = (
                <Link
                  href={item.href}
                  aria-current={current ? "page" : undefined}
                  aria-label={collapsed ? label : undefined}
                  onClick={() => onNavigate?.()}
                  className={classes(
                    "flex h-7 items-center gap-2 rounded-md text-sm",
                    collapsed ? "justify-center" : "px-2",
                    current ? "bg-hover font-medium text-ink" : "text-muted hover:bg-hover hover:text-ink",
                  )}
                >
                  <Icon name={item.icon} className={current ? "text-accent" : ""} />
                  {!collapsed && label}
                </Link>
              );
              return (
                <li key={item.id} className="py-px">
                  {collapsed ? (
                    <Tip text={label} shortcut={`g ${item.key}`}>
                      {link}
                    </Tip>
                  ) : (
                    link
                  )}
                </li>
              );
            })}
          </ul>
        </div>
      ))}
    </nav>
  );
}
