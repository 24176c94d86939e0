/** One `key: value` of a YAML text in block style, found without parsing: while somebody types, there is nothing to parse. */
export interface OutlineEntry {
  readonly line: number;
  /** Column of the key; 0-based. Deeper entries belong to the next shallower one above. */
  readonly column: number;
  /** Column of the `-` that the line begins with, when it begins a list item. */
  readonly dash: number | undefined;
  readonly key: string;
  /** Offset of the key in the text. */
  readonly offset: number;
  readonly value: string;
}

const ENTRY = /^(\s*)((?:-\s+)*)("[^"]*"|'[^']*'|[^\s#:'"{}[\],][^:#{}[\]]*?)\s*:(?:\s+(.*))?$/;

/** Every entry of the text, top to bottom. Flow style and block scalars are not looked into. */
export function outlineOf(text: string): readonly OutlineEntry[] {
  const entries: OutlineEntry[] = [];
  let offset = 0;
  for (const [line, content] of text.split("\n").entries()) {
    const match = ENTRY.exec(content);
    if (match) {
      const [, indent = "", dashes = "", key = "", value = ""] = match;
      const column = indent.length + dashes.length;
      entries.push({
        line,
        column,
        dash: dashes ? indent.length + dashes.lastIndexOf("-") : undefined,
        key: key.replace(/^["']|["']$/g, ""),
        offset: offset + column,
        value: value.trim(),
      });
    }
    offset += content.length + 1;
  }
  return entries;
}

/** The entries around a place: those it lies in, outermost first. */
export function ancestorsOf(
  entries: readonly OutlineEntry[],
  line: number,
  column: number,
): readonly OutlineEntry[] {
  const found: OutlineEntry[] = [];
  let limit = column;
  for (const entry of entries.filter((candidate) => candidate.line < line).reverse()) {
    if (entry.column >= limit) {
      continue;
    }
    found.unshift(entry);
    // A list item's owner may stand at the dash's own column.
    limit = entry.dash === undefined ? entry.column : entry.dash + 1;
  }
  return found;
}

/** The entries of the same map as a place at `column` in `line`. */
export function siblingsOf(
  entries: readonly OutlineEntry[],
  line: number,
  column: number,
): readonly OutlineEntry[] {
  const siblings: OutlineEntry[] = [];
  const above = entries.filter((entry) => entry.line < line).reverse();
  for (const entry of above) {
    if (entry.column < column) break;
    if (entry.column > column) continue;
    siblings.unshift(entry);
    if (entry.dash !== undefined) break;
  }
  for (const entry of entries.filter((candidate) => candidate.line > line)) {
    if (entry.column < column || (entry.dash !== undefined && entry.dash < column)) break;
    if (entry.column === column) siblings.push(entry);
  }
  return siblings;
}
