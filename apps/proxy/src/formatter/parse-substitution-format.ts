/** One piece of a format string: text as it stands, or `%NAME(argument):maxLength%`. */
export type FormatToken =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "operator";
      readonly name: string;
      /** What stands in the parentheses; undefined without, and where they are empty. */
      readonly argument: string | undefined;
      /** Characters; undefined: no limit. */
      readonly maxLength: number | undefined;
    };

export type ParsedFormat =
  | { readonly ok: true; readonly tokens: readonly FormatToken[] }
  | { readonly ok: false; readonly message: string };

/** Envoy reads lengths as 64 bits. */
const LENGTH_MAX = 2n ** 64n - 1n;

const OPERATOR = /%([A-Z][A-Z0-9_]*)(?:\((.*?)\))?(?::([0-9]+))?%/sy;

/** Reads Envoy's command-operator syntax; `%%` is a percent sign. */
export function parseSubstitutionFormat(text: string): ParsedFormat {
  const tokens: FormatToken[] = [];
  let literal = "";
  let at = 0;
  while (at < text.length) {
    const percent = text.indexOf("%", at);
    if (percent < 0) {
      literal += text.slice(at);
      break;
    }
    literal += text.slice(at, percent);
    if (text[percent + 1] === "%") {
      literal += "%";
      at = percent + 2;
      continue;
    }
    OPERATOR.lastIndex = percent;
    const match = OPERATOR.exec(text);
    const name = match?.[1];
    if (match === null || name === undefined || BigInt(match[3] ?? 0) > LENGTH_MAX) {
      return {
        ok: false,
        message: `'${text.slice(percent, percent + 30)}' at position ${percent} is no command operator: write %NAME%, %NAME(ARGUMENT)% or %NAME(ARGUMENT):LENGTH%, and %% for a percent sign`,
      };
    }
    if (literal !== "") tokens.push({ kind: "text", text: octets(literal) });
    literal = "";
    tokens.push({
      kind: "operator",
      name,
      argument: match[2] === "" ? undefined : match[2],
      maxLength: match[3] === undefined ? undefined : Number(match[3]),
    });
    at = OPERATOR.lastIndex;
  }
  if (literal !== "") tokens.push({ kind: "text", text: octets(literal) });
  return { ok: true, tokens };
}

/** As the binary string that headers and log lines are made of. */
function octets(text: string): string {
  return Buffer.from(text).toString("latin1");
}
