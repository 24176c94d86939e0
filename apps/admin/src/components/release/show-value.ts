const LENGTH_MAX = 400;

/** A configuration value on few lines: scalars as they are, the rest as compact JSON, cut where it gets long. */
export function showValue(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value, null, 1) ?? "");
  const compact = typeof value === "string" ? text : text.replaceAll(/\n\s*/g, " ");
  return compact.length > LENGTH_MAX ? `${compact.slice(0, LENGTH_MAX)}…` : compact;
}
