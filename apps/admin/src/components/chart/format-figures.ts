/** Figures as people read them: locale digits, SI units in every language, never rounded into a lie. */

const cache = new Map<string, Intl.NumberFormat>();

function decimal(value: number, digits: number, locale: string): string {
  const key = `${locale}/${digits}`;
  let format = cache.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, { maximumFractionDigits: digits });
    cache.set(key, format);
  }
  return format.format(value);
}

function digitsFor(value: number): number {
  const size = Math.abs(value);
  if (size === 0 || size >= 100) return 0;
  return size >= 10 ? 1 : 2;
}

const COUNT_STEPS: readonly (readonly [number, string])[] = [
  [1e9, "G"],
  [1e6, "M"],
  [1e4, "k"],
];

/** `950`, `1,240`, `12.4k`, `3.1M`. Below ten, two decimals are kept. */
export function formatCount(value: number, locale: string): string {
  for (const [from, unit] of COUNT_STEPS) {
    if (Math.abs(value) >= from) {
      const scaled = value / (unit === "k" ? 1e3 : from);
      return `${decimal(scaled, digitsFor(scaled), locale)}${unit}`;
    }
  }
  return decimal(value, digitsFor(value), locale);
}

/** Per second: `12.4k/s`. */
export function formatRate(perSecond: number, locale: string): string {
  return `${formatCount(perSecond, locale)}/s`;
}

/** From milliseconds, with the unit that leaves one to three digits: `0.42 ms`, `12.5 ms`, `1.2 s`, `3.5 min`. */
export function formatMs(ms: number, locale: string): string {
  if (ms < 0.1 && ms > 0) return `${decimal(ms * 1000, 0, locale)} µs`;
  if (ms < 999.5) return `${decimal(ms, digitsFor(ms), locale)} ms`;
  if (ms < 60_000) return `${decimal(ms / 1000, digitsFor(ms / 1000), locale)} s`;
  return `${decimal(ms / 60_000, 1, locale)} min`;
}

/**
 * From 0…1. Rounded away from both ends: 0.99999 is `99.99%`, not `100%`, and 0.00001 is `<0.01%`, so that a single
 * failure in a million can be seen.
 */
export function formatShare(share: number, locale: string): string {
  const percent = share * 100;
  if (percent <= 0) return `${decimal(0, 0, locale)}%`;
  if (percent >= 100) return `${decimal(100, 0, locale)}%`;
  if (percent < 0.01) return `<${decimal(0.01, 2, locale)}%`;
  if (percent > 99) return `${decimal(Math.floor(percent * 100) / 100, 2, locale)}%`;
  return `${decimal(percent, digitsFor(percent), locale)}%`;
}

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Powers of 1,000: `1.2 MB`. */
export function formatBytes(bytes: number, locale: string): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${decimal(value, unit === 0 ? 0 : digitsFor(value), locale)} ${BYTE_UNITS[unit] ?? "B"}`;
}

/** `1.2 MB/s` */
export function formatBytesRate(perSecond: number, locale: string): string {
  return `${formatBytes(perSecond, locale)}/s`;
}

/** Relative change from `before` to `now`; undefined where there is nothing to compare with. */
export function relativeChange(now: number | undefined, before: number | undefined): number | undefined {
  if (now === undefined || before === undefined || before === 0) return undefined;
  return (now - before) / before;
}

/** `+12%`, `−3.4%`, `±0%` */
export function formatChange(change: number, locale: string): string {
  const percent = change * 100;
  if (Math.abs(percent) < 0.05) return `±${decimal(0, 0, locale)}%`;
  if (percent > 999) return `>+${decimal(999, 0, locale)}%`;
  const digits = Math.abs(percent) >= 10 ? 0 : 1;
  return `${percent > 0 ? "+" : "−"}${decimal(Math.abs(percent), digits, locale)}%`;
}
