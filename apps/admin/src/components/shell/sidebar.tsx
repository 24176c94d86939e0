"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { FiringCount } from "../alert/firing-count.tsx";
import { WaitingCount } from "../approval/waiting-count.tsx";
import { classes } from "../ui/classes.ts";
import { Icon } from "../ui/icon.tsx";
import { Tip } from "../ui/tip.tsx";
import { isCurrent, NAVIGATION } from "./navigation.ts";
import { Wordmark } from "./wordmark.tsx";

/** Which appliance this is, where somebody gave it a name. */
function ApplianceName() {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.settings.get.queryOptions(undefined, { staleTime: 60_000 }));
  if (data === undefined || data.name === "") return null;
  return (
    <p className="shrink-0 truncate px-2 pb-1 text-xs text-muted" title={data.name}>
      {data.name}
    </p>
  );
}

const inSight = (link: HTMLAnchorElement | null): void => link?.scrollIntoView({ block: "nearest" });

export interface SidebarProps {
  /** Icons only. */
  readonly collapsed: boolean;
  readonly onNavigate?: () => void;
}

export function Sidebar({ collapsed, onNavigate }: SidebarProps) {
  const t = useTranslations("shell");
  const pathname = usePathname();
  return (
    <nav aria-label={t("navigation")} className="flex h-full flex-col overflow-y-auto px-2">
      <div className={classes("flex h-12 shrink-0 items-center", collapsed ? "justify-center" : "px-2")}>
        <Wordmark compact={collapsed} />
      </div>
      {!collapsed && <ApplianceName />}
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
                  ref={current ? inSight : undefined}
                  onClick={() => onNavigate?.()}
                  className={classes(
                    "flex h-6.5 items-center gap-2 rounded-md text-sm max-md:h-9",
                    collapsed ? "justify-center" : "px-2",
                    current ? "bg-hover font-medium text-ink" : "text-muted hover:bg-hover hover:text-ink",
                  )}
                >
                  <Icon name={item.icon} className={current ? "text-accent" : ""} />
                  {!collapsed && <span className="min-w-0 flex-1 truncate">{label}</span>}
                  {item.id === "alerts" && <FiringCount />}
                  {item.id === "approvals" && <WaitingCount />}
                </Link>
              );
              return (
                <li key={item.id}>
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
      {/* What is below the edge of a low window shows that it is there. */}
      <div
        aria-hidden="true"
        className="pointer-events-none sticky bottom-0 h-4 shrink-0 bg-linear-to-t from-canvas"
      />
    </nav>
  );
}
