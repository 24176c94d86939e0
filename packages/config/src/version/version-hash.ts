import { sha256 } from "../analysis/content-hash.ts";
import { RESOURCE_KINDS } from "../contract.ts";
import type { VersionKinds } from "./version-entries.ts";

/** What a version is called: by its content alone. */
export function versionHash(kinds: VersionKinds, routeTests: string): string {
  return sha256(
    [
      ...RESOURCE_KINDS.map((kind) => `${kind} ${kinds[kind].tree}`),
      ...(routeTests === "" ? [] : [`route tests ${routeTests}`]),
    ].join("\n"),
  );
}
