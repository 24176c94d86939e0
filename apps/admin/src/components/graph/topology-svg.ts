import type { TopologyBox, TopologyEdge } from "@sluice/telemetry";
import { EDGE_COLORS, edgeLook, edgesWithWords, HEALTH_TONES } from "./edge-look.ts";
import { BOX_HEIGHT, BOX_WIDTH, type TopologyLayout } from "./topology-layout.ts";
import type { VisibleTopology } from "./visible-topology.ts";

export interface SvgWords {
  /** The box's second line. */
  readonly box: (box: TopologyBox) => string;
  readonly edge: (edge: TopologyEdge) => string;
}

const MARGIN = 24;
const LABEL_CHARACTERS_MAX = 30;

/** The whole graph as a picture of its own: colours by value, nothing from outside. `color` resolves a CSS variable. */
export function topologySvg(
  visible: VisibleTopology,
  layout: TopologyLayout,
  words: SvgWords,
  color: (variable: string) => string,
): string {
  const width = layout.width + 2 * MARGIN;
  const height = layout.height + 2 * MARGIN;
  const withWords = edgesWithWords(visible.edges);
  const silent: SvgWords = { ...words, edge: () => "" };
  const lines = visible.edges.map((edge) =>
    line(edge, layout, withWords.has(edge.id) ? words : silent, color),
  );
  const boxes = visible.boxes.map((box) => rectangle(box, layout, words, color));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-MARGIN} ${-MARGIN} ${width} ${height}" font-family="ui-sans-serif, system-ui, sans-serif">`,
    `<rect x="${-MARGIN}" y="${-MARGIN}" width="${width}" height="${height}" fill="${color("--surface")}"/>`,
    ...lines,
    ...boxes,
    "</svg>",
  ].join("\n");
}

function line(
  edge: TopologyEdge,
  { positions }: TopologyLayout,
  words: SvgWords,
  color: (variable: string) => string,
): string {
  const from = positions.get(edge.from);
  const to = positions.get(edge.to);
  if (from === undefined || to === undefined) return "";
  const [x1, y1] = [from.x + BOX_WIDTH, from.y + BOX_HEIGHT / 2];
  const [x2, y2] = [to.x, to.y + BOX_HEIGHT / 2];
  const middle = (x1 + x2) / 2;
  const look = edgeLook(edge.summary);
  const dash = look.dash === undefined ? "" : ` stroke-dasharray="${look.dash}"`;
  const text = look.tone === "idle" ? "" : words.edge(edge);
  return (
    `<path d="M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}" fill="none" stroke="${color(EDGE_COLORS[look.tone])}" stroke-width="${look.width}"${dash}/>` +
    (text === ""
      ? ""
      : `<text x="${x2 - 8}" y="${y2 - 6}" font-size="11" text-anchor="end" fill="${color("--muted")}">${escaped(text)}</text>`)
  );
}

function rectangle(
  box: TopologyBox,
  { positions }: TopologyLayout,
  words: SvgWords,
  color: (variable: string) => string,
): string {
  const at = positions.get(box.id);
  if (at === undefined) return "";
  const tone = HEALTH_TONES[box.health];
  const border = tone === "warn" || tone === "bad" ? `--${tone}` : "--line-strong";
  const label =
    box.label.length > LABEL_CHARACTERS_MAX ? `${box.label.slice(0, LABEL_CHARACTERS_MAX - 1)}…` : box.label;
  return (
    `<g transform="translate(${at.x} ${at.y})"><title>${escaped(`${box.label} ${box.healthReason}`.trim())}</title>` +
    `<rect width="${BOX_WIDTH}" height="${BOX_HEIGHT}" rx="8" fill="${color("--surface")}" stroke="${color(border)}" stroke-width="${tone === "bad" ? 2 : 1}"/>` +
    `<text x="12" y="26" font-size="13" font-weight="500" fill="${color("--ink")}">${escaped(label)}</text>` +
    `<text x="12" y="45" font-size="12" fill="${color("--muted")}">${escaped(words.box(box))}</text></g>`
  );
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
}
