import type { Span } from "@sluice/telemetry";

export interface WaterfallRow {
  readonly span: Span;
  readonly depth: number;
  readonly childCount: number;
  /** 0…1 of the trace's whole time. */
  readonly offset: number;
  readonly width: number;
  readonly startMs: number;
  readonly durationMs: number;
  /** Without the time in which a child ran. */
  readonly selfMs: number;
  /** Its parent was named but did not arrive (not sampled, lost, or another system's). */
  readonly orphan: boolean;
  /** An error in a span below. */
  readonly errorBelow: boolean;
}

export interface Waterfall {
  /** In drawing order: each span above its children, siblings by start. */
  readonly rows: readonly WaterfallRow[];
  readonly startNs: bigint;
  readonly durationMs: number;
  readonly services: readonly string[];
}

const NS_PER_MS = 1e6;

function toMs(ns: bigint): number {
  return Number(ns) / NS_PER_MS;
}

/** Spans that name each other as parents (broken input) are shown as roots instead of being lost. */
export function layoutWaterfall(spans: readonly Span[]): Waterfall {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const children = new Map<string, Span[]>();
  const roots: Span[] = [];
  for (const span of byId.values()) {
    const parent = span.parentSpanId === undefined ? undefined : byId.get(span.parentSpanId);
    if (parent === undefined || leadsTo(parent, span, byId)) {
      roots.push(span);
      continue;
    }
    const siblings = children.get(parent.spanId);
    if (siblings === undefined) children.set(parent.spanId, [span]);
    else siblings.push(span);
  }
  let startNs = spans[0]?.startNs ?? 0n;
  let endNs = startNs;
  for (const span of spans) {
    if (span.startNs < startNs) startNs = span.startNs;
    const end = span.startNs + span.durationNs;
    if (end > endNs) endNs = end;
  }
  const durationMs = toMs(endNs - startNs);
  const rows: WaterfallRow[] = [];
  const place = (span: Span, depth: number): boolean => {
    const below = (children.get(span.spanId) ?? []).toSorted(byStart);
    const at = rows.length;
    const startMs = toMs(span.startNs - startNs);
    const spanMs = toMs(span.durationNs);
    const row: WaterfallRow = {
      span,
      depth,
      childCount: below.length,
      offset: durationMs === 0 ? 0 : startMs / durationMs,
      width: durationMs === 0 ? 1 : spanMs / durationMs,
      startMs,
      durationMs: spanMs,
      selfMs: selfTimeMs(span, below),
      orphan: span.parentSpanId !== undefined && !byId.has(span.parentSpanId),
      errorBelow: false,
    };
    rows.push(row);
    let errorBelow = false;
    for (const child of below) errorBelow = place(child, depth + 1) || errorBelow;
    rows[at] = { ...row, errorBelow };
    return errorBelow || span.error;
  };
  for (const root of roots.toSorted(byStart)) place(root, 0);
  return { rows, startNs, durationMs, services: [...new Set(spans.map((span) => span.service))].toSorted() };
}

function byStart(left: Span, right: Span): number {
  if (left.startNs === right.startNs) return left.spanId < right.spanId ? -1 : 1;
  return left.startNs < right.startNs ? -1 : 1;
}

function leadsTo(from: Span, target: Span, byId: ReadonlyMap<string, Span>): boolean {
  const seen = new Set<string>();
  for (let span: Span | undefined = from; span !== undefined; ) {
    if (span.spanId === target.spanId) return true;
    // A loop further up has its own member as root.
    if (seen.has(span.spanId)) return false;
    seen.add(span.spanId);
    span = span.parentSpanId === undefined ? undefined : byId.get(span.parentSpanId);
  }
  return false;
}

/** Children may overlap each other and reach beyond their parent: only covered time within it counts, once. */
function selfTimeMs(span: Span, sortedChildren: readonly Span[]): number {
  const end = span.startNs + span.durationNs;
  let covered = 0n;
  let until = span.startNs;
  for (const child of sortedChildren) {
    const from = child.startNs > until ? child.startNs : until;
    const childEnd = child.startNs + child.durationNs;
    const to = childEnd < end ? childEnd : end;
    if (to <= from) continue;
    covered += to - from;
    until = to;
  }
  return toMs(span.durationNs - covered);
}

/** Rows with what is inside collapsed spans left out. */
export function visibleRows(
  rows: readonly WaterfallRow[],
  collapsed: ReadonlySet<string>,
): readonly WaterfallRow[] {
  const shown: WaterfallRow[] = [];
  let hiddenBelow = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    if (row.depth > hiddenBelow) continue;
    hiddenBelow = collapsed.has(row.span.spanId) ? row.depth : Number.POSITIVE_INFINITY;
    shown.push(row);
  }
  return shown;
}

/** About `count` round marks from 0 up to the duration, in milliseconds. */
export function timeMarks(durationMs: number, count = 5): readonly number[] {
  if (durationMs <= 0) return [0];
  const rough = durationMs / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  const marks: number[] = [];
  for (let index = 0; index * step <= durationMs; index += 1) marks.push(index * step);
  return marks;
}
