/** The part of a resource's difference that is printed. */
interface PrintableDiff {
  readonly kind: string;
  readonly name: string;
  readonly change: "added" | "removed" | "modified";
  readonly fields: readonly { readonly path: string; readonly before?: unknown; readonly after?: unknown }[];
}

const MARKS = { added: "+", removed: "-", modified: "~" } as const;

/** One line per resource, then one per field: `~ clusters/web` and `    connect_timeout: "5s" → "1s"`. */
export function renderDiff(diffs: readonly PrintableDiff[]): string {
  if (diffs.length === 0) return "no difference\n";
  let text = "";
  for (const diff of diffs) {
    text += `${MARKS[diff.change]} ${diff.kind}/${diff.name}\n`;
    for (const field of diff.fields) {
      const before = field.before === undefined ? undefined : JSON.stringify(field.before);
      const after = field.after === undefined ? undefined : JSON.stringify(field.after);
      if (before === undefined) text += `    + ${field.path}: ${after}\n`;
      else if (after === undefined) text += `    - ${field.path}: ${before}\n`;
      else text += `    ${field.path}: ${before} → ${after}\n`;
    }
  }
  return text;
}
