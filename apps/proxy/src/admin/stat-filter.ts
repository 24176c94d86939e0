import { RE2JS } from "re2js";
import { re2Words } from "./re2-words.ts";

/** The `filter` parameter: a linear-time regular expression that must be found in the name. */
export function compileFilter(
  pattern: string | null,
): ((name: string) => boolean) | { readonly error: string } {
  if (pattern === null || pattern === "") return () => true;
  try {
    const compiled = RE2JS.compile(pattern);
    const literal = requiredLiteral(pattern);
    // Most of a million names are told at once not to match.
    return (name) => name.includes(literal) && compiled.test(name);
  } catch (error) {
    return { error: `Invalid re2 regex: ${re2Words(error)}` };
  }
}

/** The longest text that is in every match; "" where that is not plain to see. */
export function requiredLiteral(pattern: string): string {
  // Alternatives, groups, classes and flags may make anything optional.
  if (/[|()[\]]/.test(pattern)) return "";
  let longest = "";
  let run = "";
  const end = (): void => {
    if (run.length > longest.length) longest = run;
    run = "";
  };
  const tokens = pattern.match(/\\.|\{[^}]*\}|./gs) ?? [];
  for (const token of tokens) {
    if (/^[*+?{]/.test(token)) {
      // It may repeat the character before it, also zero times.
      run = run.slice(0, -1);
      end();
    } else if (/^[\w\-:,/ ]$/.test(token)) run += token;
    else if (token === "\\.") run += ".";
    else if (/^[.^$]$/.test(token)) end();
    else return "";
  }
  end();
  return longest;
}
