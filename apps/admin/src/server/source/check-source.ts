import {
  type AppliedSource,
  applySource,
  type Context,
  type KeyRing,
  readSource,
  recordFetched,
  recordTrouble,
} from "@sluice/config";
import { configErrorOf } from "../trpc/config-error.ts";
import { fetchSource, type SourcePlaces } from "./fetch-source.ts";
import { FetchError } from "./run-git.ts";

export interface SourceServices extends SourcePlaces {
  readonly ring: KeyRing;
}

/** Fetches a source and keeps what it has; the draft stays. @throws FetchError, which is on record too */
export async function lookAtSource(
  context: Omit<Context, "actor">,
  { ring, ...places }: SourceServices,
  name: string,
): Promise<{ readonly commit: string; readonly isNew: boolean; readonly automatic: boolean }> {
  const source = await readSource(context, ring, name);
  try {
    const content = await fetchSource(source, places);
    await recordFetched(context, ring, source, content);
    return {
      commit: content.commit,
      isNew: content.commit !== source.appliedCommit,
      automatic: source.apply === "automatic",
    };
  } catch (error) {
    if (error instanceof FetchError) await recordTrouble(context, name, "failed", error.message);
    throw error;
  }
}

/** One look of the engine: fetch, and where a new commit is to be taken by itself, take it. Every failure is on record. */
export async function checkSource(
  context: Omit<Context, "actor">,
  services: SourceServices,
  name: string,
): Promise<AppliedSource | undefined> {
  try {
    const found = await lookAtSource(context, services, name);
    if (!found.isNew || !found.automatic) return undefined;
    const actor = { id: `source/${name}`, name: `source ${name}`, role: "publisher" };
    return await applySource({ ...context, actor }, services.ring, { name, commit: found.commit });
  } catch (error) {
    if (error instanceof FetchError) return undefined;
    const refusal = configErrorOf(error);
    if (refusal === undefined) throw error;
    if (refusal.code !== "not_found") await recordTrouble(context, name, "blocked", messageOf(refusal));
    return undefined;
  }
}

/** With the first problem, where there are some. */
function messageOf({ message, details }: { readonly message: string; readonly details: unknown }): string {
  const problems = (details as { readonly problems?: readonly Problem[] } | undefined)?.problems ?? [];
  const [first] = problems;
  if (first === undefined) return message;
  return `${message}: ${first.resource.kind}/${first.resource.name} ${first.problem.path}: ${first.problem.message}`;
}

interface Problem {
  readonly resource: { readonly kind: string; readonly name: string };
  readonly problem: { readonly path: string; readonly message: string };
}
