import type { ImportFile, ImportPosition } from "../import/import-contract.ts";
import { invalidAt } from "../import/read-text.ts";
import type { Directive } from "./directive.ts";

const DEPTH_MAX = 32;
const DIRECTIVES_MAX = 100_000;

interface Open {
  readonly name: string;
  readonly args: readonly string[];
  readonly position: ImportPosition;
  readonly block: Directive[];
}

/**
 * nginx's syntax: words, quotes, escapes, `#` comments, `;` and blocks. `invalid` with the position where the text breaks it.
 * The parsers on npm keep no positions, which the preview cannot do without.
 */
export function parseNginx({ path, text }: ImportFile): readonly Directive[] {
  const top: Directive[] = [];
  const open: Open[] = [];
  let words: string[] = [];
  let at: ImportPosition | undefined;
  let count = 0;
  const block = (): Directive[] => open.at(-1)?.block ?? top;
  for (const token of tokens(path, text)) {
    if (token.kind === "word") {
      at ??= token.position;
      words.push(token.text);
      continue;
    }
    const [name, ...args] = words;
    if (token.kind === "}") {
      if (name !== undefined) throw invalidAt(path, at, `'${name}' does not end with ';'`);
      const closed = open.pop();
      if (closed === undefined) throw invalidAt(path, token.position, "this '}' closes nothing");
      block().push(closed);
      continue;
    }
    if (name === undefined || at === undefined)
      throw invalidAt(path, token.position, `'${token.kind}' without a directive`);
    if (++count > DIRECTIVES_MAX)
      throw invalidAt(path, at, `more than ${DIRECTIVES_MAX} directives; split the file`);
    if (token.kind === ";") block().push({ name, args, position: at, block: undefined });
    else if (open.length >= DEPTH_MAX) throw invalidAt(path, at, `blocks nested deeper than ${DEPTH_MAX}`);
    else open.push({ name, args, position: at, block: [] });
    words = [];
    at = undefined;
  }
  if (words.length > 0) throw invalidAt(path, at, `'${words[0]}' does not end with ';'`);
  const unclosed = open.at(-1);
  if (unclosed !== undefined)
    throw invalidAt(path, unclosed.position, `the block of '${unclosed.name}' is not closed`);
  return top;
}

interface Token {
  readonly kind: "word" | ";" | "{" | "}";
  readonly text: string;
  readonly position: ImportPosition;
}

function* tokens(file: string, text: string): Generator<Token> {
  let line = 1;
  let lineStart = 0;
  let index = 0;
  const here = (): ImportPosition => ({ file, line, column: index - lineStart + 1 });
  const step = (): void => {
    if (text[index] === "\n") {
      line++;
      lineStart = index + 1;
    }
    index++;
  };
  while (index < text.length) {
    const char = text[index] ?? "";
    if (/\s/.test(char)) step();
    else if (char === "#") while (index < text.length && text[index] !== "\n") index++;
    else if (char === ";" || char === "{" || char === "}") {
      yield { kind: char, text: char, position: here() };
      index++;
    } else {
      const position = here();
      yield { kind: "word", text: char === '"' || char === "'" ? quoted(position, char) : bare(), position };
    }
  }

  function quoted(position: ImportPosition, quote: string): string {
    let word = "";
    index++;
    while (text[index] !== quote) {
      if (index >= text.length) throw invalidAt(file, position, "this quote is not closed");
      if (text[index] === "\\" && /["'\\]/.test(text[index + 1] ?? "")) index++;
      word += text[index];
      step();
    }
    index++;
    return word;
  }

  /** `${name}` belongs to a word, though it has braces; so does whatever a backslash stands before. */
  function bare(): string {
    const start = index;
    while (index < text.length && !/[\s;{}]/.test(text[index] ?? "")) {
      if (text[index] === "\\") index++;
      else if (text[index] === "$" && text[index + 1] === "{") {
        const end = text.indexOf("}", index);
        if (end > 0) index = end;
      }
      index++;
    }
    return text.slice(start, index);
  }
}
