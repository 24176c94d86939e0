import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const version = spawnSync("envoy", ["--version"], { encoding: "utf8" });

/** For a test's `skip` option: false where a real Envoy is on the PATH, else why the test cannot run. */
export const withoutEnvoy: string | false = version.status === 0 ? false : "no `envoy` on the PATH";

/** `envoy --mode validate`: undefined when it accepts the bootstrap, else its own words. Ends within 20 s. */
export async function envoyRefusal(bootstrapYaml: string): Promise<string | undefined> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-envoy-"));
  try {
    const file = join(directory, "bootstrap.yaml");
    await writeFile(file, bootstrapYaml);
    const flags = [
      "--mode",
      "validate",
      "-c",
      file,
      "--disable-hot-restart",
      "-l",
      "error",
      "--log-format",
      "%v",
    ];
    return await new Promise((resolve, reject) => {
      execFile("envoy", flags, { timeout: 20_000 }, (error, stdout, stderr) => {
        if (error === null) resolve(undefined);
        else if (error.killed === true) reject(new Error("envoy did not answer within 20 s"));
        else resolve(`${stdout}${stderr}`);
      });
    });
  } finally {
    await rm(directory, { recursive: true });
  }
}
