import type { IconName } from "../ui/icon.tsx";

export interface NavigationItem {
  /** Key in the `shell` messages, under `pages`. */
  readonly id: string;
  readonly href: string;
  readonly icon: IconName;
  /** Pressed after `g`. */
  readonly key: string;
}

export interface NavigationGroup {
  /** Key in the `shell` messages, under `groups`. */
  readonly id: string;
  readonly items: readonly NavigationItem[];
}

/** The pages, in the order of the questions that people come with. */
export const NAVIGATION: readonly NavigationGroup[] = [
  {
    id: "observe",
    items: [
      { id: "overview", href: "/", icon: "overview", key: "o" },
      { id: "topology", href: "/topology", icon: "topology", key: "t" },
      { id: "traffic", href: "/traffic", icon: "traffic", key: "f" },
      { id: "requests", href: "/requests", icon: "requests", key: "q" },
      { id: "traces", href: "/traces", icon: "traces", key: "e" },
      { id: "nodes", href: "/nodes", icon: "nodes", key: "n" },
      { id: "alerts", href: "/alerts", icon: "alerts", key: "i" },
    ],
  },
  {
    id: "configure",
    items: [
      { id: "listeners", href: "/listeners", icon: "listeners", key: "l" },
      { id: "routes", href: "/routes", icon: "routes", key: "r" },
      { id: "clusters", href: "/clusters", icon: "clusters", key: "c" },
      { id: "endpoints", href: "/endpoints", icon: "endpoints", key: "d" },
      { id: "secrets", href: "/secrets", icon: "secrets", key: "s" },
      { id: "certificates", href: "/certificates", icon: "certificates", key: "k" },
    ],
  },
  {
    id: "release",
    items: [
      { id: "explain", href: "/explain", icon: "explain", key: "x" },
      { id: "publish", href: "/publish", icon: "publish", key: "p" },
      { id: "approvals", href: "/approvals", icon: "approvals", key: "z" },
      { id: "versions", href: "/versions", icon: "versions", key: "v" },
      { id: "rollouts", href: "/rollouts", icon: "rollouts", key: "w" },
    ],
  },
  {
    id: "organize",
    items: [
      { id: "sources", href: "/sources", icon: "sources", key: "b" },
      { id: "transfer", href: "/transfer", icon: "transfer", key: "y" },
      { id: "people", href: "/people", icon: "people", key: "u" },
      { id: "roles", href: "/roles", icon: "check", key: "h" },
      { id: "tokens", href: "/tokens", icon: "keyboard", key: "j" },
      { id: "notifications", href: "/notifications", icon: "notifications", key: "m" },
      { id: "audit", href: "/audit", icon: "audit", key: "a" },
      { id: "settings", href: "/settings", icon: "settings", key: "," },
    ],
  },
];

/** Whether the page belongs to the item: itself or below it. */
export function isCurrent(href: string, pathname: string): boolean {
  return href === "/" ? pathname === "/" : pathname === href || pathname.startsWith(`${href}/`);
}
