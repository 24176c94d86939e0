import { Document, Lexer, LineCounter, Parser, parseDocument } from "yaml";
import { ConfigError } from "../../contract.ts";
import type { ImportFile, ImportPosition } from "./import-contract.ts";

/** JSON is read ten times as fast. */
const YAML_LENGTH_MAX = 4 * 1024 * 1024;
const DEPTH_MAX = 100;

export interface ReadText {
  readonly doc: Document;
  readonly position: (offset: number | undefined) => ImportPosition | undefined;
}

/**
 * YAML or JSON with its bounds: 4 Mi characters of YAML, 100 levels, no bombs of aliases. `invalid`, with the position, when it
 * cannot be read.
 */
export function readText({ path, text }: ImportFile): ReadText {
  const json = readJson(text);
  if (json !== undefined) {
    refuseDeep(json.value, path);
    return { doc: new Document(json.value), position: () => undefined };
  }
  if (text.length > YAML_LENGTH_MAX)
    throw new ConfigError("invalid", `${path} is longer than ${YAML_LENGTH_MAX} characters; split it`);
  const lines = new LineCounter();
  const position = (offset: number | undefined): ImportPosition | undefined => {
    if (offset === undefined) return undefined;
    const { line, col } = lines.linePos(offset);
    return { file: path, line: Math.max(1, line), column: Math.max(1, col) };
  };
  refuseDeepYaml(text, path);
  const doc = parseDocument(text, { merge: true, lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const broken = doc.errors[0];
  if (broken !== undefined) throw invalidAt(path, position(broken.pos[0]), broken.message);
  return { doc, position };
}

export function invalidAt(path: string, at: ImportPosition | undefined, message: string): ConfigError {
  const where = at === undefined ? path : `${at.file}:${at.line}:${at.column}`;
  return new ConfigError("invalid", `${where}: ${message}`);
}

function readJson(text: string): { readonly value: unknown } | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** By levels, so that no depth can exhaust the stack. */
function refuseDeep(value: unknown, path: string): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) throw tooDeep(path, undefined);
    level = level.flatMap((item) =>
      typeof item === "object" && item !== null
        ? Object.values(item).filter((inner) => typeof inner === "object")
        : [],
    );
  }
}

/** The composer recurses; the parser before it does not, and has what is open on a stack. */
function refuseDeepYaml(text: string, path: string): void {
  const lines = new LineCounter();
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  for (const lexeme of new Lexer().lex(text)) {
    for (const _token of parser.next(lexeme));
    if (parser.stack.length <= DEPTH_MAX + 1) continue;
    const { line, col } = lines.linePos(parser.offset);
    throw tooDeep(path, { file: path, line, column: col });
  }
}

function tooDeep(path: string, at: ImportPosition | undefined): ConfigError {
  return invalidAt(path, at, `nested deeper than ${DEPTH_MAX} levels`);
}

/** The document's value; `invalid` when aliases unfold into too much. */
export function unfoldText({ doc }: ReadText, path: string): unknown {
  try {
    return doc.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new ConfigError("invalid", `${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
