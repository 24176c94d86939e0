/**
 * How Envoy reads a plain (unquoted) YAML scalar: its YAML parser's idea of null, boolean and integer, and everything
 * else, decimal fractions included, as a string, which the field's type then interprets.
 */
export type PlainScalar = null | boolean | number | string;

const NULL = /^(?:~|null|Null|NULL|)$/;
const TRUE = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const INTEGER = /^([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)$/;
const OCTAL = /^0[0-7]+$/;
const INT64_MAX = 2n ** 63n - 1n;
const INT32_MAX = 2n ** 31n - 1n;

export function readYamlScalar(text: string): PlainScalar {
  if (NULL.test(text)) return null;
  if (TRUE.test(text)) return true;
  if (FALSE.test(text)) return false;
  const [, sign, digits] = INTEGER.exec(text) ?? [];
  if (digits === undefined || (digits.length > 1 && /^0[0-9]/.test(digits) && !OCTAL.test(digits)))
    return text;
  const magnitude = BigInt(OCTAL.test(digits) ? `0o${digits.slice(1)}` : digits);
  if (magnitude > INT64_MAX) return text;
  const value = sign === "-" ? -magnitude : magnitude;
  // Envoy hands integers beyond 32 bits on as text, so that none loses digits in a double.
  return value > INT32_MAX || value < -INT32_MAX - 1n ? value.toString() : Number(value);
}

/** The same for a text that is JSON: its own rules, numbers stay numbers. A word that JSON has not is a string. */
export function readJsonScalar(text: string): PlainScalar {
  if (text === "null" || text === "") return null;
  if (text === "true") return true;
  if (text === "false") return false;
  if (!/^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(text)) return text;
  const value = Number(text);
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? text : value;
}
