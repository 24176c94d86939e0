import { posix } from "node:path";
import type { ImportFile } from "../import/import-contract.ts";
import type { Directive } from "./directive.ts";
import type { NginxNotes } from "./nginx-notes.ts";
import { parseNginx } from "./parse-nginx.ts";

const MARK = /^# configuration file (.+):$/m;
const DEPTH_MAX = 16;

/** What `nginx -T` prints is all of nginx's files, one after the other; anything else is one file. */
export function splitDump(file: ImportFile): readonly ImportFile[] {
  if (!MARK.test(file.text)) return [file];
  const parts = file.text.split(new RegExp(MARK, "m"));
  const files: ImportFile[] = [];
  for (let index = 1; index < parts.length; index += 2)
    files.push({ path: parts[index] ?? "", text: (parts[index + 1] ?? "").replace(/^\n/, "") });
  return files;
}

/** The first file, with what it includes in the includes' places, as far as the files are there. */
export function readTree(files: readonly ImportFile[], notes: NginxNotes): readonly Directive[] {
  const parsed = new Map<string, readonly Directive[]>();
  const read = (file: ImportFile) => {
    const known = parsed.get(file.path) ?? parseNginx(file);
    parsed.set(file.path, known);
    return known;
  };
  const [main] = files;
  if (main === undefined) return [];
  const folder = posix.dirname(main.path);
  const expand = (block: readonly Directive[], depth: number): readonly Directive[] =>
    block.flatMap((directive): readonly Directive[] => {
      if (directive.name !== "include" || directive.block !== undefined) {
        if (directive.block === undefined) return [directive];
        return [{ ...directive, block: expand(directive.block, depth) }];
      }
      const wanted = posix.resolve(folder, directive.args[0] ?? "");
      const pattern = new RegExp(
        `^${wanted
          .replace(/[.+^${}()|[\]\\]/g, "\\$&")
          .replace(/\*/g, "[^/]*")
          .replace(/\?/g, "[^/]")}$`,
      );
      const found = files.filter(({ path }) => pattern.test(path));
      if (depth >= DEPTH_MAX) {
        notes.add("not_understood", directive, "files include each other");
        return [directive];
      }
      if (found.length > 0) return found.flatMap((file) => expand(read(file), depth + 1));
      if (wanted.endsWith("/mime.types")) return [];
      if (!/[*?]/.test(wanted)) return [directive];
      // A pattern may match nothing: what `nginx -T` prints has all that there is.
      if (files.length === 1)
        notes.add("not_understood", directive, "these files are not here: import what `nginx -T` prints");
      return [];
    });
  return expand(read(main), 0);
}
