import type { Executor } from "../access/executor.ts";
import { sha256 } from "../analysis/content-hash.ts";
import { crossCheck, type Surroundings } from "../analysis/cross-check.ts";
import type { Context, ResourceKind, ResourceProblem } from "../contract.ts";
import { readHeads } from "../rollout/read-heads.ts";
import { readDraftTests, testSetHash } from "../route-test/read-tests.ts";
import { type Live, readLive } from "../version/read-live.ts";
import type { KindEntries } from "../version/version-entries.ts";
import { type LightRow, readLightRows } from "./draft-rows.ts";
import { liveHashes } from "./live-hashes.ts";
import { readSurroundings } from "./surroundings.ts";

/** The whole draft without its texts, beside what is live. */
export interface ReadDraft {
  /** By kind, then name. */
  readonly rows: readonly LightRow[];
  readonly live: Live | undefined;
  readonly liveEntries: Readonly<Record<ResourceKind, KindEntries>>;
  readonly around: Surroundings;
  /** Over what every group goes to, every name and text, and the route tests: what a publisher has seen. */
  readonly hash: string;
  /** The route tests are not those of what is live. */
  readonly testsChanged: boolean;
}

export async function readDraft(executor: Executor, now: Context["now"]): Promise<ReadDraft> {
  const [rows, live, heads, around, tests] = await Promise.all([
    readLightRows(executor),
    readLive(executor),
    readHeads(executor),
    readSurroundings(executor, now),
    readDraftTests(executor),
  ]);
  const liveEntries = await liveHashes(executor, live);
  const testSet = testSetHash(tests);
  const hash = sha256(JSON.stringify([heads, rows.map((row) => [row.kind, row.name, row.hash]), testSet]));
  const testsChanged = testSet !== (live?.version.routeTests ?? "");
  return { rows, live, liveEntries, around, hash, testsChanged };
}

export function draftProblems(draft: ReadDraft): readonly ResourceProblem[] {
  return draft.rows.flatMap(({ kind, name, analysis }) =>
    [...analysis.problems, ...crossCheck({ kind, name }, analysis, draft.around)].map((problem) => ({
      resource: { kind, name },
      problem,
    })),
  );
}
