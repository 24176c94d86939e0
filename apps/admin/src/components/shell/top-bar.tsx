"use client";

import { useTranslations } from "use-intl";
import { IconButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Kbd } from "../ui/kbd.tsx";
import { ConnectionBadge } from "./connection-badge.tsx";
import { DraftBadge } from "./draft-badge.tsx";
import { UserMenu } from "./user-menu.tsx";

export interface TopBarProps {
  readonly onToggleSidebar: () => void;
  readonly onOpenPalette: () => void;
}

export function TopBar({ onToggleSidebar, onOpenPalette }: TopBarProps) {
  const t = useTranslations("shell");
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line bg-canvas px-3">
      <IconButton icon="sidebar" label={t("toggleSidebar")} shortcut="[" onClick={onToggleSidebar} />
      <button
        type="button"
        onClick={onOpenPalette}
        aria-keyshortcuts="Control+K"
        className="flex h-8 items-center gap-2 rounded-md border border-line bg-surface px-2 text-sm text-muted hover:border-line-strong sm:w-64"
      >
        <Icon name="search" size={14} />
        <span className="flex-1 text-left max-sm:sr-only">{t("search")}</span>
        <span className="max-sm:hidden">
          <Kbd keys="Ctrl K" />
        </span>
      </button>
      <div className="flex-1" />
      <DraftBadge />
      <ConnectionBadge />
      <UserMenu />
    </header>
  );
}
