import { RE2JS } from "re2js";

/** The `filter` parameter: a linear-time regular expression that must be found in the name. */
export function compileFilter(
  pattern: string | null,
): ((name: string) => boolean) | { readonly error: string } {
  if (pattern === null || pattern === "") return () => true;
  try {
    const compiled = RE2JS.compile(pattern);
    return (name) => compiled.test(name);
  } catch (error) {
    return { error: `Invalid re2 regex: ${error instanceof Error ? error.message : String(error)}` };
  }
}
