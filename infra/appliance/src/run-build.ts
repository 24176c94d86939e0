import { type SpawnOptions, spawn } from "node:child_process";

/** Runs a builder with the Node that runs this, and waits for it; throws `failure` with the builder's words when it fails. */
export async function runBuild(
  args: readonly string[],
  options: Pick<SpawnOptions, "cwd" | "env">,
  failure: string,
): Promise<void> {
  const child = spawn(process.execPath, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  await new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${failure}:\n${output}`));
    });
  });
}
