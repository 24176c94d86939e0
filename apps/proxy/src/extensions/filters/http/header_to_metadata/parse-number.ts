const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const HEXADECIMAL = /^([+-]?)0x([\da-f]*)(?:\.([\da-f]*))?(?:p([+-]?\d+))?$/i;
const SPECIAL = /^([+-]?)(?:(inf(?:inity)?)|nan)$/i;

/** A double as C writes it, with spaces around it: decimal or hexadecimal, `inf` and `nan` too; undefined: it is none. */
export function parseNumber(text: string): number | undefined {
  const bare = text.trim();
  if (DECIMAL.test(bare)) return Number(bare);
  const special = SPECIAL.exec(bare);
  if (special !== null) {
    const [, sign, infinite] = special;
    if (infinite === undefined) return Number.NaN;
    return sign === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  const [matched, sign, whole = "", fraction = "", exponent = "0"] = HEXADECIMAL.exec(bare) ?? [];
  if (matched === undefined || whole + fraction === "") return undefined;
  const digits = Number(`0x${whole}${fraction}`);
  const value = digits * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === "-" ? -value : value;
}
