import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * What `scripts/bundle.ts` says of the bundle that it made last, as `dist/current.json`.
 *
 * A bundle is this proxy and the packages that it uses as a handful of modules instead of some 400: Node resolves, strips and
 * links each module in each thread, which is most of a start (docs/decisions/0027).
 */
export interface BundleStamp {
  /** Directory of the bundle within `dist`. */
  readonly directory: string;
  /** Files that the bundle was made of, relative to the project's root; package-lock.json stands for those of node_modules. */
  readonly inputs: readonly string[];
  /** `hashOf(inputs)` when it was made. */
  readonly hash: string;
}

/** Where bundles are: `apps/proxy/dist/`. */
export const BUNDLES = new URL("../dist/", import.meta.url);

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** SHA-256 over names and contents, in hexadecimal; throws when one cannot be read. */
export function hashOf(inputs: readonly string[]): string {
  const hash = createHash("sha256");
  for (const input of inputs)
    hash
      .update(input)
      .update("\0")
      .update(readFileSync(ROOT + input))
      .update("\0");
  return hash.digest("hex");
}

/** The bundle made of the sources as they are now; `undefined` if none was, or a file of it has gone. */
export function currentBundle(): URL | undefined {
  try {
    const stamp: BundleStamp = JSON.parse(readFileSync(new URL("current.json", BUNDLES), "utf8"));
    return hashOf(stamp.inputs) === stamp.hash ? new URL(`${stamp.directory}/`, BUNDLES) : undefined;
  } catch {
    return undefined;
  }
}
