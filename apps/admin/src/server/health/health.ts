import type { Sql } from "@sluice/database";

export type PartState = "ready" | "not ready" | "not configured";

export interface Health {
  readonly ready: boolean;
  readonly parts: Readonly<Record<"pages" | "postgres" | "xds" | "node", PartHealth>>;
}

export interface PartHealth {
  readonly state: PartState;
  /** Why it is not ready; "" otherwise. */
  readonly reason: string;
}

export interface HealthSources {
  readonly pagesReady: () => boolean;
  readonly sql: Sql;
  readonly controlHealthUrl: string;
  readonly nodeAdminUrl: string | undefined;
}

const PART_TIMEOUT_MS = 2000;

/** Asks every part at once; each has `PART_TIMEOUT_MS` to answer. */
export async function checkHealth(sources: HealthSources): Promise<Health> {
  const [postgres, xds, node] = await Promise.all([
    check(async () => void (await withDeadline(sources.sql`select 1`))),
    check(() => expectOk(sources.controlHealthUrl)),
    sources.nodeAdminUrl === undefined
      ? ({ state: "not configured", reason: "" } as const)
      : check(() => expectOk(`${sources.nodeAdminUrl}/ready`)),
  ]);
  const pages: PartHealth = sources.pagesReady()
    ? { state: "ready", reason: "" }
    : { state: "not ready", reason: "still starting" };
  const parts = { pages, postgres, xds, node };
  return { ready: Object.values(parts).every((part) => part.state !== "not ready"), parts };
}

async function check(ask: () => Promise<void>): Promise<PartHealth> {
  try {
    await ask();
    return { state: "ready", reason: "" };
  } catch (error) {
    return { state: "not ready", reason: reasonOf(error) };
  }
}

async function expectOk(url: string): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(PART_TIMEOUT_MS) });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
}

function withDeadline<T>(promise: PromiseLike<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(reject, PART_TIMEOUT_MS, new Error(`no answer within ${PART_TIMEOUT_MS} ms`));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${PART_TIMEOUT_MS} ms`;
  const cause = error.cause;
  return cause instanceof Error && cause.message ? cause.message : error.message;
}
