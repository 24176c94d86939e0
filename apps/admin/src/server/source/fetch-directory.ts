import { createHash } from "node:crypto";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import type { DueSource, SourceContent } from "@sluice/config";
import { FetchError } from "./run-git.ts";
import { BYTES_MAX, FILES_MAX, isTaken } from "./source-bounds.ts";

/** A path below the directory that the operator gives for sources, links followed. @throws FetchError */
export async function insideRoot(root: string | undefined, location: string): Promise<string> {
  if (root === undefined)
    throw new FetchError(
      "sources on the dashboard's machine need SLUICE_SOURCES_DIR, the directory that they lie in",
    );
  const wanted = resolve(root, location);
  const [base, real] = await Promise.all([realpath(root), realpath(wanted)]).catch(() => {
    throw new FetchError(`${wanted} does not exist`);
  });
  if (real !== base && !real.startsWith(base + sep))
    throw new FetchError(`${wanted} is not below SLUICE_SOURCES_DIR`);
  return real;
}

/** The files of a directory; its commit is their hash. Links in it are not followed. @throws FetchError */
export async function fetchDirectory(source: DueSource, root: string | undefined): Promise<SourceContent> {
  const folder = await insideRoot(root, join(source.location, source.path));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => {
    throw new FetchError(`${folder} is no directory that can be read`);
  });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => isTaken(relative(folder, path)))
    .sort();
  if (paths.length > FILES_MAX) throw new FetchError(`the source has more than ${FILES_MAX} files`);
  const hash = createHash("sha256");
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const files: { path: string; text: string }[] = [];
  let bytes = 0;
  for (const file of paths) {
    bytes += (await stat(file)).size;
    if (bytes > BYTES_MAX) throw new FetchError(`the source's files have more than ${BYTES_MAX} bytes`);
    const path = relative(folder, file).replaceAll(sep, "/");
    const content = await readFile(file);
    hash.update(`${path}\0${content.length}\0`).update(content);
    try {
      files.push({ path, text: decoder.decode(content) });
    } catch {
      throw new FetchError(`${path} is no text in UTF-8`);
    }
  }
  return { commit: hash.digest("hex"), subject: "", files };
}
