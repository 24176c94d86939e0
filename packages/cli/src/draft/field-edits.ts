import type { FieldEdit } from "@sluice/config";
import { parse } from "yaml";
import { CliError } from "../cli-error.ts";

export interface FieldEdits {
  /** In the order in which the options were given. */
  readonly all: readonly FieldEdit[];
  readonly set: (text: string) => void;
  readonly insert: (text: string) => void;
  readonly remove: (path: string) => void;
}

/** Collects `--set`, `--insert` and `--remove`, whose order among each other matters. */
export function fieldEdits(): FieldEdits {
  const all: FieldEdit[] = [];
  return {
    all,
    set: (text) => void all.push({ op: "set", ...assignment("--set", text) }),
    insert(text) {
      const { path, value } = assignment("--insert", text);
      const [, list, index] = /^(.*)\[(\d+)\]$/.exec(path) ?? [];
      if (list === undefined) throw new CliError(`--insert '${text}': a path ends with [0], [1] …`, 2);
      all.push({ op: "insert", path: list, index: Number(index), value });
    },
    remove: (path) => void all.push({ op: "remove", path }),
  };
}

/** `a.b[0].c=value`; map keys in brackets may have `=` in them: `metadata["a=b"]=1`. */
function assignment(option: string, text: string): { readonly path: string; readonly value: unknown } {
  const [, path, value] = /^((?:\["(?:[^"\\]|\\.)*"\]|[^="])+)=([\s\S]*)$/.exec(text) ?? [];
  if (path === undefined) throw new CliError(`${option} '${text}': use PATH=VALUE`, 2);
  try {
    return { path, value: parse(value ?? "") as unknown };
  } catch (error) {
    throw new CliError(`${option} '${text}': ${error instanceof Error ? error.message : String(error)}`, 2);
  }
}
