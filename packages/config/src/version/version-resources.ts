import { authorizeRead } from "../access/authorize.ts";
import { shownJson } from "../analysis/analyze-text.ts";
import { type Context, RESOURCE_KINDS, type ResourceKind, type VersionResource } from "../contract.ts";
import { redactYaml } from "../text/redact.ts";
import { readBlobs } from "./read-blobs.ts";
import { requireVersion } from "./require-version.ts";
import { versionEntries } from "./version-entries.ts";

/** A version's resources by kind and name, secrets redacted. `not_found`. */
export async function versionResources(
  context: Context,
  number: number,
  kind?: ResourceKind,
): Promise<readonly VersionResource[]> {
  await authorizeRead(context, "version.resources");
  const row = await requireVersion(context.db, number);
  const kinds = kind === undefined ? RESOURCE_KINDS : [kind];
  const entries = await versionEntries(context.db, row.kinds, kinds);
  const blobs = await readBlobs(
    context.db,
    kinds.flatMap((each) => [...entries[each].values()].map(([, hash]) => hash)),
  );
  return kinds.flatMap((each) =>
    [...entries[each].values()].flatMap(([name, hash]) => {
      const content = blobs.get(hash);
      if (content === undefined) return [];
      return [{ kind: each, name, yaml: redactYaml(content.yaml), json: shownJson(content.json), hash }];
    }),
  );
}
