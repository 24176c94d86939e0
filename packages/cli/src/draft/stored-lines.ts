import type { DraftResource } from "@sluice/config";
import { problemText } from "../commands/validate-file.ts";

/** What became of a resource that was stored, its problems as `validate` tells them. */
export function storedLines({ kind, name, change, revision, problems }: DraftResource): readonly string[] {
  return [`${kind}/${name} is in the draft (${change}, revision ${revision})`, ...problems.map(problemText)];
}
