import { fileURLToPath, pathToFileURL } from "node:url";
import type { DueSource, SourceContent } from "@sluice/config";
import type { OutboundPolicy } from "@sluice/config/outbound";
import { fetchDirectory, insideRoot } from "./fetch-directory.ts";
import { fetchGit } from "./fetch-git.ts";

/** Where sources may lie. */
export interface SourcePlaces {
  /** `SLUICE_SOURCES_DIR`. */
  readonly root: string | undefined;
  /** Of other machines. */
  readonly policy: OutboundPolicy;
}

/** What a source has now. @throws FetchError */
export async function fetchSource(source: DueSource, { root, policy }: SourcePlaces): Promise<SourceContent> {
  if (source.kind === "directory") return await fetchDirectory(source, root);
  if (!source.location.startsWith("file:")) return await fetchGit(source, policy);
  const inside = await insideRoot(root, fileURLToPath(source.location));
  return await fetchGit({ ...source, location: pathToFileURL(inside).href }, policy);
}
