/** Writes docs/cli/ from the program; with `--check` tells what is out of date and exits 1. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandPages } from "../src/command-pages.ts";
import { createProgram } from "../src/program.ts";

const folder = fileURLToPath(new URL("../../../docs/cli", import.meta.url));
const pages = commandPages(createProgram({ environment: {}, write: () => {}, warn: () => {} }));
const present = existsSync(folder) ? readdirSync(folder) : [];
const stale = [
  ...present.filter((file) => !pages.has(file)),
  ...[...pages].flatMap(([file, text]) =>
    present.includes(file) && readFileSync(join(folder, file), "utf8") === text ? [] : [file],
  ),
];

if (process.argv.includes("--check")) {
  for (const file of stale)
    console.log(`docs/cli/${file} is out of date: node packages/cli/scripts/generate-docs.ts`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  mkdirSync(folder, { recursive: true });
  for (const file of present) if (!pages.has(file)) rmSync(join(folder, file));
  for (const [file, text] of pages) writeFileSync(join(folder, file), text);
  console.log(`docs/cli: ${stale.length} of ${pages.size} pages were out of date`);
}
