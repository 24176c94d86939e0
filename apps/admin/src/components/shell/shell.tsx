"use client";

import dynamic from "next/dynamic";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { useLiveChanges } from "../../client/use-live-changes.ts";
import { useShortcuts } from "../palette/use-shortcuts.ts";
import { SecondFactorBanner } from "../profile/second-factor-banner.tsx";
import { classes } from "../ui/classes.ts";
import { OfflineNotice } from "./offline-notice.tsx";
import { Sidebar } from "./sidebar.tsx";
import { TopBar } from "./top-bar.tsx";

// Loaded when first opened: most visits never need them.
const CommandPalette = dynamic(
  () => import("../palette/command-palette.tsx").then((module) => module.CommandPalette),
  { ssr: false },
);
const ShortcutsDialog = dynamic(
  () => import("../palette/shortcuts-dialog.tsx").then((module) => module.ShortcutsDialog),
  { ssr: false },
);

const NavigationDrawer = dynamic(
  () => import("./navigation-drawer.tsx").then((module) => module.NavigationDrawer),
  { ssr: false },
);

const COLLAPSED_KEY = "sluice.sidebar.collapsed";

/** What surrounds every page of somebody who is signed in. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const t = useTranslations("shell");
  const [collapsed, setCollapsed] = useState(false);
  const [drawerOpen, setDrawerOpen] = useState(false);
  const [paletteOpen, setPaletteOpen] = useState(false);
  const [helpOpen, setHelpOpen] = useState(false);
  useLiveChanges();
  useEffect(() => setCollapsed(localStorage.getItem(COLLAPSED_KEY) === "1"), []);
  const toggle = (): void => {
    if (window.matchMedia("(width < 48rem)").matches) setDrawerOpen(true);
    else {
      localStorage.setItem(COLLAPSED_KEY, collapsed ? "0" : "1");
      setCollapsed(!collapsed);
    }
  };
  useShortcuts({
    openPalette: () => setPaletteOpen(true),
    openHelp: () => setHelpOpen(true),
    toggleSidebar: toggle,
  });
  return (
    <div className="flex h-dvh overflow-hidden">
      <a
        href="#main"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        {t("skip")}
      </a>
      <div
        className={classes(
          "shrink-0 border-r border-line bg-canvas max-md:hidden",
          collapsed ? "w-14" : "w-52",
        )}
      >
        <Sidebar collapsed={collapsed} />
      </div>
      {drawerOpen && <NavigationDrawer onOpenChange={setDrawerOpen} />}
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar onToggleSidebar={toggle} onOpenPalette={() => setPaletteOpen(true)} />
        <OfflineNotice />
        <SecondFactorBanner />
        <main
          id="main"
          tabIndex={-1}
          className="relative flex min-h-0 flex-1 flex-col overflow-y-auto bg-surface focus:outline-none"
        >
          {children}
        </main>
      </div>
      {paletteOpen && (
        <CommandPalette open onOpenChange={setPaletteOpen} onShowHelp={() => setHelpOpen(true)} />
      )}
      {helpOpen && <ShortcutsDialog open onOpenChange={setHelpOpen} />}
    </div>
  );
}
