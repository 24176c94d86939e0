const PATHS = {
  overview: "M3 13h8V3H3zM13 21h8V11h-8zM13 8h8V3h-8zM3 21h8v-5H3z",
  topology:
    "M5 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM19 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM5 22a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM5 8v8M7.6 6.4 16.2 9M7.6 17.6 16.6 12",
  traffic: "M3 17l5-6 4 3 5-8 4 5M3 21h18",
  requests: "M4 6h16M4 12h16M4 18h10",
  traces: "M3 5h10M7 10h10M11 15h6M13 20h8",
  listeners: "M4 12h4M16 5v14M16 12h4M8 8l4 4-4 4",
  routes: "M6 3v12M18 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM6 21a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM18 9a9 9 0 0 1-9 9",
  clusters: "M12 2l8 4.5v9L12 20l-8-4.5v-9zM12 11l8-4.5M12 11v9M12 11L4 6.5",
  endpoints: "M5 3h14v7H5zM5 14h14v7H5zM9 6.5h.01M9 17.5h.01",
  secrets: "M7 11V7a5 5 0 0 1 10 0v4M5 11h14v10H5zM12 15v2",
  certificates: "M4 4h16v11H4zM8 8h8M8 11h4M16 18a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM14.8 17.6V22l1.2-1 1.2 1v-4.4",
  nodes: "M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01",
  alerts: "M6 9a6 6 0 0 1 12 0c0 6 2 7 2 7H4s2-1 2-7zM10 20a2 2 0 0 0 4 0",
  notifications: "M3 5h18v14H3zM3 6l9 7 9-7",
  versions: "M12 8v4l3 2M3.05 11a9 9 0 1 1 .5 4M3 20v-5h5",
  explain:
    "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.4 9.2a2.7 2.7 0 1 1 4 2.4c-.9.5-1.4 1.1-1.4 2.1M12 17h.01",
  publish: "M12 19V5M5 12l7-7 7 7",
  approvals: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM9 12l2 2 4-4",
  rollouts: "M3 20h5v-5h5v-5h5V5h3",
  people:
    "M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM22 21v-2a4 4 0 0 0-3-3.9M16 3.1a4 4 0 0 1 0 7.8",
  sources: "M6 3v12a3 3 0 1 0 0 6 3 3 0 0 0 0-6M18 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM18 9v2a4 4 0 0 1-4 4H6",
  transfer: "M7 4v13M3 13l4 4 4-4M17 20V7M13 11l4-4 4 4",
  audit: "M9 4h6v3H9zM7 5H5v16h14V5h-2M9 12h6M9 16h4",
  settings:
    "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM19.4 15a1.7 1.7 0 0 0 .3 1.8l.1.1a2 2 0 1 1-2.8 2.8l-.1-.1a1.7 1.7 0 0 0-2.9 1.2v.2a2 2 0 1 1-4 0v-.1a1.7 1.7 0 0 0-3-1.2l-.1.1a2 2 0 1 1-2.8-2.8l.1-.1a1.7 1.7 0 0 0-1.2-2.9H3a2 2 0 1 1 0-4h.1a1.7 1.7 0 0 0 1.2-3l-.1-.1a2 2 0 1 1 2.8-2.8l.1.1a1.7 1.7 0 0 0 2.9-1.2V3a2 2 0 1 1 4 0v.1a1.7 1.7 0 0 0 2.9 1.2l.1-.1a2 2 0 1 1 2.8 2.8l-.1.1a1.7 1.7 0 0 0 1.2 2.9h.2a2 2 0 1 1 0 4h-.1a1.7 1.7 0 0 0-1.6 1z",
  search: "M11 19a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM21 21l-4.3-4.3",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  close: "M18 6L6 18M6 6l12 12",
  check: "M20 6L9 17l-5-5",
  chevronDown: "M6 9l6 6 6-6",
  chevronRight: "M9 6l6 6-6 6",
  chevronLeft: "M15 6l-6 6 6 6",
  arrowUp: "M12 19V5M6 11l6-6 6 6",
  arrowDown: "M12 5v14M6 13l6 6 6-6",
  arrowRight: "M5 12h14M13 6l6 6-6 6",
  menu: "M4 6h16M4 12h16M4 18h16",
  sidebar: "M3 4h18v16H3zM9 4v16",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  trash: "M4 7h16M10 11v6M14 11v6M6 7l1 13h10l1-13M9 7V4h6v3",
  edit: "M12 20h9M16.5 3.5a2.1 2.1 0 0 1 3 3L7 19l-4 1 1-4z",
  more: "M12 12h.01M19 12h.01M5 12h.01",
  drag: "M9 5h.01M15 5h.01M9 12h.01M15 12h.01M9 19h.01M15 19h.01",
  undo: "M9 14L4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  rollback: "M3 7v6h6M3.5 13a9 9 0 1 0 2.6-6.4L3 9.5",
  external: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
  moon: "M21 12.8A9 9 0 1 1 11.2 3a7 7 0 0 0 9.8 9.8z",
  keyboard: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M7 14h10",
  globe: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3a14 14 0 0 1 0 18 14 14 0 0 1 0-18z",
  warning: "M12 9v4M12 17h.01M10.3 3.9L1.8 18a2 2 0 0 0 1.7 3h17a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0z",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8h.01",
  error: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM15 9l-6 6M9 9l6 6",
  ok: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 12l3 3 5-6",
  pending: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2",
  offline:
    "M4 4l16 16M8.5 16.4a5 5 0 0 1 5.6-1M12 20h.01M5 12.9a10 10 0 0 1 4.2-2.5M13.2 10a10 10 0 0 1 5.8 2.9",
  signOut: "M9 21H4V3h5M16 17l5-5-5-5M21 12H9",
  filter: "M3 5h18l-7 8v6l-4 2v-8z",
  pause: "M8 5v14M16 5v14",
  play: "M6 4l14 8-14 8z",
  download: "M12 4v12M6 11l6 6 6-6M4 21h16",
} as const;

export type IconName = keyof typeof PATHS;

export interface IconProps {
  readonly name: IconName;
  /** Pixels, default 16. */
  readonly size?: number;
  readonly className?: string;
}

/** Decoration beside a text, hidden from screen readers; where it stands alone, the button carries the label. */
export function Icon({ name, size = 16, className }: IconProps) {
  return (
    <svg
      aria-hidden="true"
      focusable="false"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "more" || name === "drag" ? 2.75 : 1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      className={className ? `shrink-0 ${className}` : "shrink-0"}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
