/** What RE2 says where this engine says something else. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ["missing closing )", "missing )"],
  ["missing closing ]", "missing ]"],
  ["missing argument to repetition operator", "no argument for repetition operator"],
  ["invalid nested repetition operator", "bad repetition operator"],
  ["invalid repeat count", "invalid repetition size"],
  ["invalid or unsupported Perl syntax", "invalid perl operator"],
  ["invalid named capture", "invalid named capture group"],
  ["trailing backslash at end of expression", "trailing \\"],
]);

/** RE2's words for what is wrong with a regular expression: `missing ): (a`. */
export function re2Words(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [, what = message, where] = /^error parsing regexp: (.*?)(?:: `(.*)`)?$/s.exec(message) ?? [];
  const words = WORDS.get(what) ?? what;
  return where === undefined ? words : `${words}: ${where}`;
}
