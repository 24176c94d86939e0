/** Below it the usual form is the shortest. */
const PLAIN_MAX = 100_000;

/**
 * A number of metadata as Envoy prints it: all of its digits or, where that is shorter, a power of ten (`1e+05`, `1.5e-07`); `inf`, `-inf`
 * and, for what is no number, `null`.
 */
export function printDouble(value: number): string {
  if (Number.isInteger(value)) {
    if (Math.abs(value) < PLAIN_MAX) return Object.is(value, -0) ? "-0" : String(value);
    return shorterOf(String(BigInt(value)), value);
  }
  if (Number.isNaN(value)) return "null";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const plain = String(value);
  return plain.includes("e") ? withPowerOfTen(value) : shorterOf(plain, value);
}

function shorterOf(plain: string, value: number): string {
  const other = withPowerOfTen(value);
  return other.length < plain.length ? other : plain;
}

/** The exponent has two digits at least. */
function withPowerOfTen(value: number): string {
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

/** A number that is printed otherwise than JavaScript does. */
export class PrintedDouble {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What an operator yields for a number of metadata. */
export function metadataNumber(value: number): number | PrintedDouble {
  const text = printDouble(value);
  return text === String(value) ? value : new PrintedDouble(text);
}
