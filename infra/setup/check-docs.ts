/** Every relative link and every `path/like/this.ts` in the Markdown files points at something that exists. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(root, file)));

const broken: string[] = [];
for (const file of files) {
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  lines.forEach((line, index) => {
    for (const [, target = ""] of line.matchAll(/\]\(([^)\s]+)\)/g)) {
      const path = target.split("#")[0] ?? "";
      if (path === "" || /^[a-z]+:/.test(path)) continue;
      if (!existsSync(join(root, dirname(file), path)))
        broken.push(`${file}:${index + 1}: ${target} does not exist`);
    }
    for (const [, path = ""] of line.matchAll(
      /`((?:apps|packages|infra|test|docs)\/[\w./()-]+\.(?:ts|tsx|mjs|md|sh|yaml|json))`/g,
    )) {
      if (!existsSync(join(root, path))) broken.push(`${file}:${index + 1}: ${path} does not exist`);
    }
  });
}
for (const line of broken) console.log(line);
process.exitCode = broken.length === 0 ? 0 : 1;
