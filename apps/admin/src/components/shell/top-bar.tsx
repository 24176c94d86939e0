"use client";

import { useTranslations } from "use-intl";
import { IconButton } from "../ui/button.tsx";
import { ConnectionBadge } from "./connection-badge.tsx";
import { DraftBadge } from "./draft-badge.tsx";
import { UserMenu } from "./user-menu.tsx";

export function TopBar({ onToggleSidebar }: { readonly onToggleSidebar: () => void }) {
  const t = useTranslations("shell");
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line bg-canvas px-3">
      <IconButton icon="sidebar" label={t("toggleSidebar")} onClick={onToggleSidebar} />
      <div className="flex-1" />
      <DraftBadge />
      <ConnectionBadge />
      <UserMenu />
    </header>
  );
}
