import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { installedEnvoy } from "@sluice/harness";
import { ACCEPTANCES } from "./src/acceptances.ts";

const noEnvoy = installedEnvoy() === undefined ? "no stock Envoy on the PATH" : false;
const MAIN = fileURLToPath(new URL("../../apps/proxy/src/main.ts", import.meta.url));
const FLAGS = ["--mode", "validate", "-l", "error"];

/** What a program says to a configuration that it refuses; undefined: it takes it. */
function refusal(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 30_000 }, (error, stdout, stderr) =>
      resolve(error === null ? undefined : `${stdout}${stderr}`),
    );
  });
}

describe("configurations that Envoy takes are taken, and those that it refuses are refused", () => {
  for (const { title, taken, says, yaml } of ACCEPTANCES)
    it(title, { timeout: 90_000 }, async () => {
      const dir = await mkdtemp(join(tmpdir(), "sluice-acceptance-"));
      try {
        const file = join(dir, "bootstrap.yaml");
        await writeFile(file, yaml.replaceAll("{{dir}}", dir));
        const ours = await refusal(process.execPath, [MAIN, ...FLAGS, "-c", file]);
        assert.equal(ours === undefined, taken, ours ?? "Sluice takes it");
        if (says !== undefined) assert.match(ours ?? "", says);
        if (noEnvoy !== false) return;
        const theirs = await refusal("envoy", [...FLAGS, "--disable-hot-restart", "-c", file]);
        assert.equal(theirs === undefined, taken, theirs ?? "Envoy takes it");
      } finally {
        await rm(dir, { recursive: true });
      }
    });
});
