import { setTimeout as delay } from "node:timers/promises";

/**
 * Asks `condition` again and again until its answer is neither `undefined` nor `false`, and gives that answer.
 *
 * @param options.deadlineMs default 10,000; after it the promise rejects, naming `what` and the last error of `condition`
 * @param options.intervalMs pause between two questions, default 10
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  options: { readonly deadlineMs?: number; readonly intervalMs?: number } = {},
): Promise<T> {
  const deadlineMs = options.deadlineMs ?? 10_000;
  const end = performance.now() + deadlineMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await condition();
      if (answer !== undefined && answer !== false) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= end) {
      const reason = cause instanceof Error ? `: ${cause.message}` : "";
      throw new Error(`waited ${deadlineMs} ms in vain for ${what}${reason}`, { cause });
    }
    await delay(options.intervalMs ?? 10);
  }
}
