/** What one path segment may consist of: RFC 3986 pchar, as Envoy reads it. */
const SEGMENT_OCTETS = "[A-Za-z0-9\\-._~%!$&'()*+,;:@=]";
const TEXT_OCTETS = "[A-Za-z0-9\\-._~%!$&'()*+,;:@=/]";
const LITERAL = /^[A-Za-z0-9\-._~%!$&'()*+,;:@=]+$/;
const VARIABLES_MAX = 5;
const NAME_LENGTH_MAX = 16;

export type UriTemplate =
  | { readonly ok: true; readonly regex: string; readonly variables: readonly string[] }
  | { readonly ok: false; readonly message: string };

/**
 * `path_template` of `envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig` → an RE2 expression for the whole
 * path, with a named group per variable.
 *
 * `*` is one segment, `**` any number of them, `{name}` a segment, `{name=videos/*}` what its pattern says; a segment may have
 * literals around one variable. Nothing that varies may follow a `**`.
 */
export function compileUriTemplate(template: string): UriTemplate {
  const compiler = new TemplateCompiler();
  try {
    return { ok: true, regex: compiler.compile(template), variables: compiler.variables };
  } catch (error) {
    if (error instanceof TemplateError) return { ok: false, message: error.message };
    throw error;
  }
}

class TemplateError extends Error {}

class TemplateCompiler {
  readonly variables: string[] = [];
  private afterText = false;

  compile(template: string): string {
    if (!template.startsWith("/")) throw new TemplateError("must begin with /");
    const segments = splitSegments(template.slice(1));
    return segments.map((segment, i) => `/${this.segment(segment, i === segments.length - 1)}`).join("");
  }

  private segment(segment: string, last: boolean): string {
    if (segment === "*" || segment === "**") return this.glob(segment);
    if (segment === "") {
      if (last) return "";
      throw new TemplateError("has an empty segment");
    }
    if ((segment.match(/\{/g)?.length ?? 0) > 1)
      throw new TemplateError(`has two variables in one segment, ${JSON.stringify(segment)}`);
    let regex = "";
    for (const part of segment.split(/(\{[^}]*\})/).filter((text) => text !== ""))
      regex += part.startsWith("{") && part.endsWith("}") ? this.variable(part.slice(1, -1)) : literal(part);
    return regex;
  }

  private variable(text: string): string {
    const equals = text.indexOf("=");
    const name = equals === -1 ? text : text.slice(0, equals);
    const pattern = equals === -1 ? "*" : text.slice(equals + 1);
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || name.length > NAME_LENGTH_MAX)
      throw new TemplateError(
        `has a variable ${JSON.stringify(name)}: names are a letter, then letters, digits and _, at most ${NAME_LENGTH_MAX} in all`,
      );
    if (this.variables.includes(name)) throw new TemplateError(`has the variable ${name} twice`);
    if (this.variables.push(name) > VARIABLES_MAX)
      throw new TemplateError(`has more than ${VARIABLES_MAX} variables`);
    if (pattern === "") throw new TemplateError(`has a variable ${name} without a pattern`);
    const inner = pattern
      .split("/")
      .map((part) => (part === "*" || part === "**" ? this.glob(part) : literal(part)))
      .join("/");
    return `(?P<${name}>${inner})`;
  }

  private glob(operator: "*" | "**"): string {
    if (this.afterText) throw new TemplateError("has an operator behind **, which must be the last");
    if (operator === "*") return `${SEGMENT_OCTETS}+`;
    this.afterText = true;
    return `${TEXT_OCTETS}*`;
  }
}

/** Splits at slashes, though not inside braces. */
function splitSegments(text: string): string[] {
  return text
    .replaceAll(/\{[^}]*\}/g, (variable) => variable.replaceAll("/", "\0"))
    .split("/")
    .map(restore);
}

function restore(segment: string): string {
  return segment.replaceAll("\0", "/");
}

function literal(text: string): string {
  if (!LITERAL.test(text)) throw new TemplateError(`has ${JSON.stringify(text)}, which no path can contain`);
  return text.replaceAll(/[.*+?()|[\]{}^$\\]/g, "\\$&");
}
