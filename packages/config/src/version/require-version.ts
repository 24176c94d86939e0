import type { Executor } from "../access/executor.ts";
import { ConfigError } from "../contract.ts";
import { readVersion } from "./read-live.ts";

/** As `readVersion`; `not_found` when there is none. */
export async function requireVersion(
  executor: Executor,
  number: number,
): Promise<NonNullable<Awaited<ReturnType<typeof readVersion>>>> {
  const row = await readVersion(executor, number);
  if (row === undefined) throw new ConfigError("not_found", `there is no version ${number}`);
  return row;
}
