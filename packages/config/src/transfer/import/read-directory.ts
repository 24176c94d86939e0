import { isMap } from "yaml";
import { ConfigError } from "../../contract.ts";
import { checkRouteTest } from "../../route-test/check-route-test.ts";
import type { RouteTest } from "../../route-test/route-test.ts";
import { findPair } from "../../text/find-pair.ts";
import { findResources } from "./find-resources.ts";
import type { FoundContent, FoundResource, ImportFile, ImportNote } from "./import-contract.ts";
import { parseRouteTest } from "./parse-route-test.ts";
import { invalidAt, readText } from "./read-text.ts";
import { kindOfPath } from "./resource-files.ts";

const FILES_MAX = 20_000;
const LENGTH_MAX = 64 * 1024 * 1024;

/**
 * Files of a directory: below a folder that is called like a kind (`clusters/web.yaml`) each is a resource, word for word; other YAML
 * and JSON files are Envoy configuration; the rest is left. Files with errors make the whole `invalid`: half of a directory is worse
 * than none.
 */
export function readDirectory(files: readonly ImportFile[]): FoundContent {
  if (files.length > FILES_MAX)
    throw new ConfigError("invalid", `a directory may have ${FILES_MAX} files; this has ${files.length}`);
  if (files.reduce((sum, { text }) => sum + text.length, 0) > LENGTH_MAX)
    throw new ConfigError("invalid", `the files of a directory may have ${LENGTH_MAX} characters together`);
  const resources: FoundResource[] = [];
  const notes: ImportNote[] = [];
  const routeTests: RouteTest[] = [];
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const kind = kindOfPath(file.path);
    if (!/\.(?:ya?ml|json)$/i.test(file.path) || file.path.split("/").some((part) => part.startsWith("."))) {
      if (!/(?:^|\/)(?:README\.md|LICENSE|\.git[^/]*)$/.test(file.path))
        notes.push({ kind: "ignored", path: file.path, reason: "it is neither YAML nor JSON" });
    } else if (kind === "route-tests") routeTests.push(readTest(file));
    else if (kind === undefined || !isPlainResource(file)) {
      const found = findResources(file);
      resources.push(...found.resources);
      notes.push(...found.notes);
    } else {
      const position = { file: file.path, line: 1, column: 1 };
      resources.push({ kind, path: file.path, yaml: file.text, position, exact: true });
    }
  }
  return { resources, notes, routeTests };
}

/** One resource without `@type` or a wrapper around it. */
function isPlainResource(file: ImportFile): boolean {
  const root = readText(file).doc.contents;
  if (!isMap(root))
    throw invalidAt(file.path, { file: file.path, line: 1, column: 1 }, "there is no resource in it");
  return !["@type", "resource", "resources", "static_resources"].some(
    (name) => findPair(root, name) !== undefined,
  );
}

function readTest(file: ImportFile): RouteTest {
  const test = parseRouteTest(file);
  try {
    checkRouteTest(test);
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError("invalid", `${file.path}: ${error.message}`);
    throw error;
  }
  return test;
}
