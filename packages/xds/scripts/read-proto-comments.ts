/** What the comments of .proto files tell, by full name of what they stand before. */
export interface ProtoComments {
  /** Plain text of messages, fields, enums and their values. */
  readonly docs: Record<string, string>;
  /** Fields that hold an extension, and the extension's categories (`envoy.filters.http`). */
  readonly slots: Record<string, readonly string[]>;
  /** Marked by Envoy as not implemented. */
  readonly hidden: string[];
}

const TOKEN = /\/\/([^\n]*)|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[\w.]+|\n[ \t]*\n|[^\s\w]/g;

interface Scope {
  readonly kind: "file" | "message" | "enum" | "oneof" | "other";
  readonly name: string;
  /** Of a oneof: what its comment says of the extension that its fields hold. */
  readonly categories?: readonly string[];
}

/** Reads one file's comments into `into`. Takes the syntax for granted: the files compile. */
export function readProtoComments(source: string, into: ProtoComments): void {
  const scopes: Scope[] = [{ kind: "file", name: /^package ([\w.]+);/m.exec(source)?.[1] ?? "" }];
  let comment: string[] = [];
  let statement: string[] = [];
  let statementComment: string[] = [];
  let brackets = 0;
  for (const [token, line] of source.replaceAll("\r", "").matchAll(TOKEN)) {
    if (line !== undefined) comment.push(line.replace(/^ /, ""));
    else if (token.startsWith("/*")) continue;
    else if (token.startsWith("\n")) comment = [];
    else {
      if (statement.length === 0) {
        statementComment = comment;
      }
      comment = [];
      if ("[(".includes(token) || (token === "{" && (brackets > 0 || statement[0] === "option"))) brackets++;
      if ("])".includes(token) || (token === "}" && brackets > 0)) brackets--;
      else if (brackets === 0 && token === "}") {
        scopes.pop();
        statement = [];
        continue;
      } else if (brackets === 0 && token === "{") {
        scopes.push(openScope(statement, statementComment, scopes, into));
        statement = [];
        continue;
      } else if (brackets === 0 && token === ";") {
        closeStatement(statement, statementComment, scopes, into);
        statement = [];
        continue;
      }
      statement.push(token);
    }
  }
}

function openScope(statement: string[], comment: string[], scopes: Scope[], into: ProtoComments): Scope {
  const [keyword, name = ""] = statement;
  const around = scopes.at(-1)?.name ?? "";
  if (keyword === "oneof")
    return { kind: "oneof", name: around, categories: categoriesIn(comment.join("\n")) };
  if (keyword !== "message" && keyword !== "enum") return { kind: "other", name: around };
  const fullName = `${around}.${name}`;
  record(fullName, comment, into);
  return { kind: keyword, name: fullName };
}

function closeStatement(statement: string[], comment: string[], scopes: Scope[], into: ProtoComments): void {
  const scope = scopes.at(-1);
  const equals = statement.indexOf("=");
  const keyword = statement[0] ?? "";
  if (scope === undefined || equals < 1 || ["option", "reserved", "extensions", "syntax"].includes(keyword))
    return;
  if (scope.kind === "file" || scope.kind === "other") return;
  const name = `${scope.name}.${statement[equals - 1]}`;
  if (scope.categories !== undefined && scope.categories.length > 0) into.slots[name] = scope.categories;
  record(name, comment, into);
}

function record(name: string, comment: string[], into: ProtoComments): void {
  const text = comment.join("\n");
  const categories = categoriesIn(text);
  if (categories.length > 0) into.slots[name] = categories;
  if (text.includes("[#not-implemented-hide:")) into.hidden.push(name);
  const plain = plainText(text);
  if (plain !== "") into.docs[name] = plain;
}

function categoriesIn(text: string): string[] {
  return [...text.matchAll(/\[#extension-category:\s*([^\]]+)\]/g)].flatMap(([, list = ""]) =>
    list.split(",").map((category) => category.trim()),
  );
}

const ADMONITION: Readonly<Record<string, string>> = {
  attention: "Attention:",
  warning: "Warning:",
  note: "Note:",
  tip: "Tip:",
};

/** reStructuredText as its reader would read it aloud: no directives, no targets, code as it stands. */
export function plainText(rst: string): string {
  return rst
    .replace(/\[#[a-z-]+:?[^\]]*\]/g, "")
    .replace(/:?[a-z]+: ?`([^`<]*?)\s*<[^`>]*>`/gs, "$1")
    .replace(/:?[a-z]+:`([^`]*)`/gs, "$1")
    .replace(/`([^`<]+?)\s*<([^`>]+)>`_+/gs, "$1 ($2)")
    .replace(/`:[a-z]+: /g, "`")
    .replace(/`{1,3}([^`\n]+)`{1,2}/g, "`$1`")
    .replace(
      /^(\s*)\.\. (attention|warning|note|tip)::[ \t]*\n?/gm,
      (_, indent: string, kind: string) => `${indent}${ADMONITION[kind]}\n`,
    )
    .replace(/^\s*\.\. code-block::.*$/gm, "")
    .replace(/^\s*\.\. _[^:]+:\s*$/gm, "")
    .replace(/::$/gm, ":")
    .replace(/[ \t]+$/gm, "")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
