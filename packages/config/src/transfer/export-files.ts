import { authorizeRead } from "../access/authorize.ts";
import { ConfigError, type Context, RESOURCE_KINDS } from "../contract.ts";
import { DRAFT_ORDER } from "../draft/draft-rows.ts";
import { readDraftTests, readTestSet } from "../route-test/read-tests.ts";
import type { RouteTest } from "../route-test/route-test.ts";
import { draftResource } from "../schema/index.ts";
import { redactYaml } from "../text/redact.ts";
import { readBlobs } from "../version/read-blobs.ts";
import { readLive } from "../version/read-live.ts";
import { requireVersion } from "../version/require-version.ts";
import { versionEntries } from "../version/version-entries.ts";
import type { ImportFile } from "./import/import-contract.ts";
import { directoryReadme, resourcePath, routeTestText } from "./import/resource-files.ts";

export interface ExportedFiles {
  /** By path; the same content gives the same files, byte for byte. */
  readonly files: readonly ImportFile[];
  /** Files with placeholders where secrets were. */
  readonly redacted: readonly string[];
}

/** The draft, what is live or a version as a directory: one file per resource and route test, texts as they are, secrets redacted.
 * Imported into an empty draft, it gives the same version hash when it has no secrets. Needs config.read. `not_found`. */
export async function exportFiles(
  context: Context,
  source: "draft" | "live" | number,
): Promise<ExportedFiles> {
  await authorizeRead(context, "draft.export_files", String(source));
  const { resources, tests } =
    source === "draft" ? await readDraftTexts(context) : await readVersionTexts(context, source);
  const files: ImportFile[] = [{ path: "README.md", text: directoryReadme() }];
  const redacted: string[] = [];
  for (const { kind, name, yaml } of resources) {
    const path = resourcePath(kind, name);
    const text = redactYaml(yaml);
    if (text !== yaml) redacted.push(path);
    files.push({ path, text });
  }
  for (const test of tests)
    files.push({ path: resourcePath("route-tests", test.name), text: routeTestText(test) });
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), redacted };
}

async function readDraftTexts({ db }: Context) {
  const { kind, name, yaml } = draftResource;
  return await db.transaction(
    async (tx) => {
      const resources = await tx
        .select({ kind, name, yaml })
        .from(draftResource)
        .orderBy(...DRAFT_ORDER);
      const tests = await readDraftTests(tx);
      return {
        resources,
        tests: tests.map(({ updatedAt: _at, updatedBy: _by, ...test }): RouteTest => test),
      };
    },
    { isolationLevel: "repeatable read" },
  );
}

async function readVersionTexts({ db }: Context, source: "live" | number) {
  const row = source === "live" ? (await readLive(db))?.version : await requireVersion(db, source);
  if (row === undefined) throw new ConfigError("not_found", "nothing was published yet");
  const entries = await versionEntries(db, row.kinds);
  const named = RESOURCE_KINDS.flatMap((kind) =>
    [...entries[kind].values()].map(([name, hash]) => ({ kind, name, hash })),
  );
  const blobs = await readBlobs(
    db,
    named.map(({ hash }) => hash),
  );
  const resources = named.map(({ kind, name, hash }) => ({ kind, name, yaml: blobs.get(hash)?.yaml ?? "" }));
  return { resources, tests: await readTestSet(db, row.routeTests) };
}
