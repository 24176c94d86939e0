import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DraftResource } from "@sluice/config";
import type { Command } from "commander";
import type { ApiClient } from "../api-client.ts";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { kindOf } from "../read-option.ts";
import { storedLines } from "./stored-lines.ts";

/** draft edit. */
export function addDraftEdit({ call, command, printLines, surroundings }: CommandKit, draft: Command): void {
  command(
    "edit <kind> <name>",
    "open a resource in $VISUAL or $EDITOR and store what was written; what others changed meanwhile is merged, field by field",
    draft,
  ).action(async (kindText: string, name: string) => {
    const kind = kindOf(kindText);
    const { environment } = surroundings;
    const editor = environment.VISUAL || environment.EDITOR || "vi";
    const before = await call((client) => client.draft.get.query({ kind, name }));
    const dir = mkdtempSync(join(tmpdir(), "sluice-edit-"));
    const file = join(dir, "resource.yaml");
    writeFileSync(file, before.yaml, { mode: 0o600 });
    const ran = spawnSync(`${editor} "$SLUICE_EDITED"`, {
      shell: true,
      stdio: "inherit",
      env: { ...environment, SLUICE_EDITED: file },
    });
    if (ran.status !== 0) throw new CliError(`${editor} ended with ${ran.status}; the text is in ${file}`);
    const yaml = readFileSync(file, "utf8");
    if (yaml === before.yaml) {
      rmSync(dir, { recursive: true });
      printLines({ unchanged: { kind, name } }, ["nothing was changed"]);
      return;
    }
    try {
      const stored = await call((client) => store(client, before, yaml));
      rmSync(dir, { recursive: true });
      printLines(stored, storedLines(stored));
    } catch (error) {
      const said = error instanceof CliError ? error : new CliError(String(error));
      throw new CliError(`${said.message}\nwhat you wrote is in ${file}`, said.exitCode);
    }
  });
}

/** Merges only when somebody was faster. */
async function store(client: ApiClient, before: DraftResource, yaml: string): Promise<DraftResource> {
  const { kind, name, revision } = before;
  const now = await client.draft.get.query({ kind, name });
  if (now.revision === revision)
    return await client.draft.put.mutate({ kind, name, yaml, expectedRevision: revision });
  const merged = await client.draft.merge.mutate({ kind, name, baseYaml: before.yaml, yaml });
  const both = merged.steps
    .filter(({ conflict }) => conflict)
    .map(({ path }) => path || "the whole resource");
  if (both.length > 0)
    throw new CliError(
      `${merged.theirs.by} changed the same meanwhile: ${both.join(", ")}`,
      EXIT_CODES.conflict.code,
    );
  const expectedRevision = merged.theirs.revision;
  return await client.draft.put.mutate({ kind, name, yaml: merged.yaml, expectedRevision });
}
