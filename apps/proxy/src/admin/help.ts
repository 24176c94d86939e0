import { ADMIN_COMMANDS } from "./admin-commands.ts";

/** Every command with its parameters. */
export function helpText(): string {
  const lines = ["admin commands are:", "  /: Admin home page", "  /help: print out list of admin commands"];
  for (const { path, post, help, parameters } of ADMIN_COMMANDS) {
    lines.push(`  ${path}${post === true ? " (POST)" : ""}: ${help}`);
    for (const [name, text] of Object.entries(parameters ?? {})) lines.push(`      ${name}: ${text}`);
  }
  return `${lines.join("\n")}\n`;
}

export function indexPage(): string {
  const rows = ADMIN_COMMANDS.map(({ path, post, help }) => {
    const name =
      post === true
        ? `<form action="${path.slice(1)}" method="post"><button>${path.slice(1)}</button></form>`
        : `<a href="${path.slice(1)}">${path.slice(1)}</a>`;
    return `<tr><td>${name}</td><td>${help.replaceAll("<", "&lt;")}</td></tr>`;
  });
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sluice admin</title>
<style>body{font:14px sans-serif;margin:2rem}td{padding:.25rem 1rem .25rem 0}</style></head>
<body><h1>Sluice admin</h1><table>
${rows.join("\n")}
</table></body></html>
`;
}
