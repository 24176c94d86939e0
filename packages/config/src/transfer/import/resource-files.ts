import { stringify } from "yaml";
import { sha256 } from "../../analysis/content-hash.ts";
import { KIND_TYPES, RESOURCE_KINDS, type ResourceKind } from "../../contract.ts";
import type { RouteTest } from "../../route-test/route-test.ts";

const NAME_BYTES_MAX = 120;

/**
 * Where a resource stands in a directory: `clusters/web.yaml`. What a file system or Git might not bear in a name is written as
 * `%2F`; a name that is too long ends in its hash. The name that counts is the one in the text.
 */
export function resourcePath(kind: ResourceKind | "route-tests", name: string): string {
  const safe = name.replace(/[^A-Za-z0-9._-]/gu, (char) =>
    [...Buffer.from(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
  // A leading dot hides a file, and Windows knows neither case nor a trailing dot.
  const plain = safe.replace(/^\./, "%2E").replace(/\.$/, "%2E");
  const short = plain.length > NAME_BYTES_MAX || plain !== plain.toLowerCase() || plain === "";
  const file = short ? `${plain.slice(0, NAME_BYTES_MAX)}-${sha256(name).slice(0, 12)}` : plain;
  return `${kind}/${file}.yaml`;
}

/** The kind that a path tells, whatever directories are above. */
export function kindOfPath(path: string): ResourceKind | "route-tests" | undefined {
  const folder = path.split("/").at(-2);
  return folder === "route-tests" ? folder : RESOURCE_KINDS.find((kind) => kind === folder);
}

export function routeTestText(test: RouteTest): string {
  const { name, expect, ...request } = test;
  return stringify({ name, ...request, expect }, { lineWidth: 0 });
}

/** What a `README.md` in the directory says: people find it in their repository. */
export function directoryReadme(): string {
  const kinds = RESOURCE_KINDS.map((kind) => `- \`${kind}/\`: ${KIND_TYPES[kind]}`);
  return [
    "Configuration of Sluice, one file per resource, as `sluice export --directory` writes it.",
    "",
    ...kinds,
    "- `route-tests/`: requests and the way that they must take",
    "",
    "Secret values are not in it. `sluice import DIRECTORY` takes it back.",
    "",
  ].join("\n");
}
