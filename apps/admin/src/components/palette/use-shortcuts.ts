"use client";

import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import { NAVIGATION } from "../shell/navigation.ts";

export interface ShortcutActions {
  readonly openPalette: () => void;
  readonly openHelp: () => void;
  readonly toggleSidebar: () => void;
}

const SEQUENCE_MS = 1_200;

/** Keys that work on every page; none of them while somebody types. */
export function useShortcuts(actions: ShortcutActions): void {
  const router = useRouter();
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    let goUntil = 0;
    function onKeyDown(event: KeyboardEvent): void {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        latest.current.openPalette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"], [role="menu"]')) return;
      if (event.timeStamp < goUntil) {
        goUntil = 0;
        const item = NAVIGATION.flatMap((group) => group.items).find(({ key }) => key === event.key);
        if (item) {
          event.preventDefault();
          router.push(item.href);
        }
        return;
      }
      // When it was pressed, which is not when a busy page hears of it.
      if (event.key === "g") goUntil = event.timeStamp + SEQUENCE_MS;
      else if (event.key === "?") latest.current.openHelp();
      else if (event.key === "[") latest.current.toggleSidebar();
      else if (event.key === "/") {
        const search = document.querySelector<HTMLInputElement>("[data-search]");
        if (search) {
          event.preventDefault();
          search.focus();
        }
      }
    }
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [router]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
