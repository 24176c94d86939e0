/** Shares and changes as people read them: locale digits, never rounded into a lie. */

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
