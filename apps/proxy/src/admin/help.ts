import type { AdminCommand, AdminParameter } from "./admin-command.ts";
import { escapeHtml, page } from "./html.ts";

const oneOf = ({ help, values }: AdminParameter): string =>
  values === undefined ? help : `${help}; One of (${values.join(", ")})`;

/** Every command with its parameters, in the order of their paths. */
export function helpText(commands: readonly AdminCommand[]): string {
  const lines = ["admin commands are:", "  /: Admin home page"];
  for (const { path, post, help, parameters } of sorted(commands)) {
    lines.push(`  ${path}${post === true ? " (POST)" : ""}: ${help}`);
    for (const parameter of parameters ?? []) lines.push(`      ${parameter.name}: ${oneOf(parameter)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** The home page: a link or a button per command, with a field per parameter. */
export function indexPage(commands: readonly AdminCommand[]): string {
  return page("Sluice admin", `<h1>Sluice admin</h1><table>${sorted(commands).map(row).join("\n")}</table>`);
}

function row({ path, post, help, parameters }: AdminCommand): string {
  const name = path.slice(1);
  const form = `<form action="${name}" method="${post === true ? "post" : "get"}" id="${name}"><button>${name}</button></form>`;
  const fields = (parameters ?? []).map(
    (parameter) =>
      `<tr class="p"><td>${field(parameter, name)}</td><td>${escapeHtml(`${parameter.name}: ${parameter.help}`)}</td></tr>`,
  );
  return `<tr><td>${form}</td><td>${escapeHtml(help)}</td></tr>${fields.join("")}`;
}

function field({ name, values, flag }: AdminParameter, form: string): string {
  if (values !== undefined) {
    const options = ["", ...values].map((value) => `<option>${escapeHtml(value)}</option>`).join("");
    return `<select name="${name}" form="${form}">${options}</select>`;
  }
  return `<input name="${name}" form="${form}"${flag === true ? ' type="checkbox"' : ""}>`;
}

function sorted(commands: readonly AdminCommand[]): readonly AdminCommand[] {
  return [...commands].sort((a, b) => (a.path < b.path ? -1 : 1));
}
