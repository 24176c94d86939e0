import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Makes the bundle that the proxy starts from, unless there is one of the sources as they are; throws with the builder's words. */
export async function ensureProxyBundle(): Promise<void> {
  const child = spawn(process.execPath, [`${root}apps/proxy/scripts/bundle.ts`, "--if-changed"], {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  await new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the proxy's bundle could not be made:\n${output}`));
    });
  });
}
