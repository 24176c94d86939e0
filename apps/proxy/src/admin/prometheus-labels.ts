import type { TaggedName } from "../stats/extract-tags.ts";

export const sanitize = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, "_");

/** Most values have nothing to escape. */
export const escapeLabel = (value: string): string =>
  /[\\\n"]/.test(value)
    ? value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')
    : value;

/** With a comma behind them, if there are any. */
export function ownLabels({ tags }: TaggedName): string {
  let text = "";
  for (const [name, value] of tags) text += `${labelName(name)}="${escapeLabel(value)}",`;
  return text;
}

export function labels(tagged: TaggedName, extra = ""): string {
  const own = ownLabels(tagged);
  return extra === "" ? `{${own.slice(0, -1)}}` : `{${own}${extra}}`;
}

const LABEL_NAMES = new Map<string, string>();
const LABEL_NAMES_MAX = 1000;

/** There are few names of tags, and they are printed often. */
export function labelName(tag: string): string {
  let name = LABEL_NAMES.get(tag);
  if (name === undefined) {
    name = sanitize(tag);
    if (LABEL_NAMES.size < LABEL_NAMES_MAX) LABEL_NAMES.set(tag, name);
  }
  return name;
}
