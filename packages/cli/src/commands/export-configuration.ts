import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import type { ApiClient } from "../api-client.ts";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import { formatValue } from "../output.ts";
import { optionalVersion } from "../resolve-version.ts";

interface ExportOptions {
  readonly draft?: boolean;
  readonly directory?: string;
}

export function addExport({ command, call, output, surroundings, print }: CommandKit): void {
  const { write, warn } = surroundings;
  command(
    "export [version]",
    "print a version (number or tag; default: the live one) as a bootstrap that stock Envoy loads",
  )
    .option("--draft", "the draft instead of a version")
    .option("--directory <dir>", "instead, write a directory for Git: one file per resource")
    .action(async (version: string | undefined, options: ExportOptions) => {
      const number = await call((client) => optionalVersion(client, version));
      if (options.directory !== undefined) {
        const source = options.draft ? "draft" : (number ?? "live");
        const { files, redacted } = await call((client) => client.transfer.exportFiles.query({ source }));
        const written = writeDirectory(options.directory, files);
        for (const path of redacted) warn(`warning: ${path} has placeholders where its secrets were\n`);
        const result = { directory: options.directory, files: files.length, ...written };
        print(
          result,
          [
            { title: "directory", value: (row) => row.directory },
            { title: "files", value: (row) => String(row.files) },
            { title: "removed", value: (row) => String(row.removed) },
          ],
          [result],
        );
        return;
      }
      const result = await call((client) => exportConfiguration(client, options.draft ? "draft" : number));
      for (const warning of result.warnings) warn(`warning: ${warning}\n`);
      write(output() === "json" ? formatValue("json", result) : result.yaml);
    });
}

/** The draft, a version, or (undefined) the live version, as a bootstrap. */
function exportConfiguration(client: ApiClient, what: "draft" | number | undefined) {
  return what === "draft"
    ? client.transfer.exportDraft.query()
    : client.transfer.exportVersion.query({ version: what });
}

const FOLDERS = ["listeners", "routes", "clusters", "endpoints", "secrets", "route-tests"];

/** Makes the directory equal to the files; YAML files that an earlier export left in its folders are removed. */
function writeDirectory(
  directory: string,
  files: readonly { readonly path: string; readonly text: string }[],
): { readonly removed: number } {
  const wanted = new Set(files.map(({ path }) => path));
  let removed = 0;
  for (const folder of FOLDERS) {
    const there = join(directory, folder);
    if (!existsSync(there)) continue;
    for (const name of readdirSync(there))
      if (name.endsWith(".yaml") && !wanted.has(`${folder}/${name}`)) {
        rmSync(join(there, name));
        removed++;
      }
  }
  for (const { path, text } of files) {
    // What a server sends must not leave the directory.
    if (!/^(?:[a-z-]+\/)?[A-Za-z0-9._%-]+$/.test(path) || path.split("/").includes(".."))
      throw new CliError(`the server sent a file with the path '${path}'`);
    const file = join(directory, path.replaceAll("/", sep));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return { removed };
}
