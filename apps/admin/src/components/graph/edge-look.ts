import type { Summary, TopologyBox, TopologyEdge } from "@sluice/telemetry";
import { errorShare } from "./visible-topology.ts";

export type EdgeTone = "idle" | "ok" | "warn" | "bad";

export interface EdgeLook {
  readonly tone: EdgeTone;
  /** Pixels. */
  readonly width: number;
  /** SVG dash pattern: each tone has its own, so that it can be told without colours. */
  readonly dash: string | undefined;
}

const DASHES: Readonly<Record<EdgeTone, string | undefined>> = {
  idle: "1 5",
  ok: undefined,
  warn: "10 4",
  bad: "4 3",
};

/** CSS variables of the tones. */
export const EDGE_COLORS: Readonly<Record<EdgeTone, string>> = {
  idle: "--line-strong",
  ok: "--ok",
  warn: "--warn",
  bad: "--bad",
};

/** From 1.5 px at one request per second to 7 px at a hundred thousand. */
export function edgeLook(summary: Summary): EdgeLook {
  const rate = summary.requestsPerSecond;
  const tone = toneOf(summary);
  const width = tone === "idle" ? 1 : Math.min(7, 1.5 + Math.log10(1 + rate) * 1.1);
  return { tone, width: Math.round(width * 10) / 10, dash: DASHES[tone] };
}

function toneOf(summary: Summary): EdgeTone {
  const error = errorShare(summary);
  if (error >= 0.05) return "bad";
  if (error >= 0.01) return "warn";
  return summary.requestsPerSecond === 0 && summary.bytesSentPerSecond === 0 ? "idle" : "ok";
}

/** The edges that need words of their own: what leads to a box as its only way in says what the box says. */
export function edgesWithWords(edges: readonly Pick<TopologyEdge, "id" | "to">[]): ReadonlySet<string> {
  const arriving = new Map<string, number>();
  for (const { to } of edges) arriving.set(to, (arriving.get(to) ?? 0) + 1);
  return new Set(edges.filter(({ to }) => (arriving.get(to) ?? 0) > 1).map(({ id }) => id));
}

export const HEALTH_TONES = {
  healthy: "ok",
  degraded: "warn",
  unhealthy: "bad",
  unknown: "neutral",
} as const satisfies Record<TopologyBox["health"], string>;
