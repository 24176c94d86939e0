import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { RuntimeValue } from "./runtime-snapshot.ts";

/** Deeper than any real tree: a loop of symbolic links ends here. */
const DEPTH_MAX = 32;
const FILE_BYTES_MAX = 1024 * 1024;

/**
 * A directory as runtime values: a file is a key (its path with dots for slashes), its text the value. Lines that begin with
 * `#` are comments. Throws what the file system throws.
 */
export function readDiskLayer(root: string): Record<string, RuntimeValue> {
  const values: Record<string, RuntimeValue> = {};
  walk(root, "", values, 0);
  return values;
}

function walk(directory: string, prefix: string, values: Record<string, RuntimeValue>, depth: number): void {
  if (depth > DEPTH_MAX) throw new Error(`'${directory}' is too deep`);
  for (const name of readdirSync(directory).sort()) {
    // Kubernetes keeps the versions of a mounted map in such directories.
    if (name.startsWith("..")) continue;
    const path = join(directory, name);
    const key = prefix === "" ? name : `${prefix}.${name}`;
    const stat = statSync(path);
    if (stat.isDirectory()) walk(path, key, values, depth + 1);
    else if (stat.size > FILE_BYTES_MAX) throw new Error(`'${path}' has more than ${FILE_BYTES_MAX} bytes`);
    else values[key] = parseValue(readFileSync(path, "utf8"));
  }
}

function parseValue(content: string): RuntimeValue {
  const text = content
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .trimEnd();
  if (text === "true" || text === "false") return text === "true";
  return /^-?[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : text;
}
