import { fileURLToPath } from "node:url";
import { runBuild } from "./run-build.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Makes the bundle that the proxy starts from, unless there is one of the sources as they are; throws with the builder's words. */
export async function ensureProxyBundle(): Promise<void> {
  const builder = `${root}apps/proxy/scripts/bundle.ts`;
  await runBuild([builder, "--if-changed"], { cwd: root }, "the proxy's bundle could not be made");
}
