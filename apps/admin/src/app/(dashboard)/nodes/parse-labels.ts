/** `zone=a, tier=edge` → record; undefined when a part is not `key=value`. */
export function parseLabels(text: string): Readonly<Record<string, string>> | undefined {
  const labels: Record<string, string> = {};
  for (const part of text.split(",")) {
    if (part.trim() === "") continue;
    const match = /^\s*([\w./-]+)\s*=\s*([\w./-]*)\s*$/.exec(part);
    if (match?.[1] === undefined) return undefined;
    labels[match[1]] = match[2] ?? "";
  }
  return labels;
}

/** 1…65535, else undefined. */
export function parsePort(text: string): number | undefined {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535 ? port : undefined;
}
