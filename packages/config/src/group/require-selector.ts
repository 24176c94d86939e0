import { ConfigError } from "../contract.ts";
import { formatSelector, type LabelSelector, parseSelector } from "./label-selector.ts";

/** The selector and its canonical text; `bad_input` says what is wrong and where. */
export function requireSelector(text: string): { readonly selector: LabelSelector; readonly text: string } {
  const parsed = parseSelector(text);
  if ("problem" in parsed) {
    throw new ConfigError("bad_input", `selector '${text}', character ${parsed.at + 1}: ${parsed.problem}`);
  }
  if (parsed.selector.length === 0) {
    throw new ConfigError("bad_input", "an empty selector takes every node: name a label, like zone=a");
  }
  return { selector: parsed.selector, text: formatSelector(parsed.selector) };
}

/** Of a text that was stored: it was checked then. */
export function storedSelector(text: string): LabelSelector {
  const parsed = parseSelector(text);
  if ("problem" in parsed) throw new Error(`the database has the selector '${text}': ${parsed.problem}`);
  return parsed.selector;
}
