"use client";

import dynamic from "next/dynamic";
import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { useLiveChanges } from "../../client/use-live-changes.ts";
import { useShortcuts } from "../palette/use-shortcuts.ts";
import { classes } from "../ui/classes.ts";
import { Sidebar } from "./sidebar.tsx";
import { TopBar } from "./top-bar.tsx";

// Loaded with the first key press: most visits never need them.
const CommandPalette = dynamic(
  () => import("../palette/command-palette.tsx").then((module) => module.CommandPalette),
  { ssr: false },
);
const ShortcutsDialog = dynamic(
  () => import("../palette/shortcuts-dialog.tsx").then((module) => module.ShortcutsDialog),
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
    <div className="flex h-dvh">
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
      <Radix.Root open={drawerOpen} onOpenChange={setDrawerOpen}>
        <Radix.Portal>
          <Radix.Overlay className="fixed inset-0 z-40 bg-[rgb(8_10_14/45%)] md:hidden" />
          <Radix.Content
            aria-describedby={undefined}
            className="fixed inset-y-0 left-0 z-50 w-60 border-r border-line bg-canvas shadow-pop focus:outline-none md:hidden"
          >
            <Radix.Title className="sr-only">{t("navigation")}</Radix.Title>
            <Sidebar collapsed={false} onNavigate={() => setDrawerOpen(false)} />
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar onToggleSidebar={toggle} onOpenPalette={() => setPaletteOpen(true)} />
        <main
          id="main"
          tabIndex={-1}
          className="flex min-h-0 flex-1 flex-col overflow-y-auto bg-surface focus:outline-none"
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
