import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CliError } from "./cli-error.ts";

const FILES_MAX = 20_000;
const BYTES_MAX = 8 * 1024 * 1024;

export interface TextFile {
  /** Of a directory's file: from there, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** One file (`-`: standard input), or all files of a directory but hidden ones; links are not followed. */
export function readFiles(file: string): readonly TextFile[] {
  try {
    if (file === "-" || !statSync(file).isDirectory())
      return [{ path: file, text: readFileSync(file === "-" ? 0 : file, "utf8") }];
    const paths = readdirSync(file, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(file.replace(/\/+$/, "").length + 1)
          .replaceAll("\\", "/"),
      )
      .filter((path) => !path.split("/").some((part) => part.startsWith(".")))
      .sort();
    if (paths.length > FILES_MAX) throw new CliError(`${file} has more than ${FILES_MAX} files`);
    const files = paths.map((path) => ({ path, text: readFileSync(join(file, path), "utf8") }));
    if (files.reduce((sum, { text }) => sum + text.length, 0) > BYTES_MAX)
      throw new CliError(`the files of ${file} are longer than ${BYTES_MAX} characters together`);
    return files;
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
