import { RESOURCE_KINDS } from "../../contract.ts";
import type { ImportFile, ImportFormat } from "./import-contract.ts";
import { isConfigDump } from "./read-config-dump.ts";

const RESOURCE_FILE = new RegExp(`^(?:${RESOURCE_KINDS.join("|")}|route-tests)/[^/]+\\.ya?ml$`);

/** What files are, by their names and their first words; the caller may know better. */
export function detectFormat(files: readonly ImportFile[]): ImportFormat {
  const [first] = files;
  if (first === undefined || files.length > 1 || RESOURCE_FILE.test(first.path)) return "directory";
  const { path, text } = first;
  if (/\.csv$|\.tsv$/i.test(path)) return "csv";
  if (/^\s*\{/.test(text) && isConfigDump(readJson(text))) return "config_dump";
  if (/\.ya?ml$|\.json$/i.test(path)) return "envoy";
  const meaning = text.replace(/^\s*#.*$/gm, "");
  if (
    /^\s*(?:http|events|server|upstream\s+\S+|map\s+\S+\s+\S+)\s*\{/m.test(meaning) ||
    /\.conf$/i.test(path)
  )
    return "nginx";
  const head = meaning.trimStart().split("\n", 1)[0] ?? "";
  return /^[\w ]+(?:[,;\t][\w ]+){2,}\s*$/.test(head) && /\baddress\b/i.test(head) ? "csv" : "envoy";
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
