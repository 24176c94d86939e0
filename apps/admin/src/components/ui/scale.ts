export interface Scaled {
  readonly value: number;
  readonly unit: string;
}

/** Powers of 1024: `1536` → 1.5 KiB. */
export function scaleBytes(bytes: number): Scaled {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let index = 0;
  while (value >= 1024 && index < units.length - 1) {
    value /= 1024;
    index += 1;
  }
  return { value, unit: units[index] ?? "B" };
}

/** Milliseconds in the unit that people would say: µs, ms, s or min. */
export function scaleDuration(milliseconds: number): Scaled {
  if (milliseconds > 0 && milliseconds < 1) return { value: milliseconds * 1000, unit: "µs" };
  if (milliseconds < 1000) return { value: milliseconds, unit: "ms" };
  if (milliseconds < 60_000) return { value: milliseconds / 1000, unit: "s" };
  return { value: milliseconds / 60_000, unit: "min" };
}
