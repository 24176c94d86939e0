import { authorizeRead } from "../access/authorize.ts";
import { ConfigError, type Context, type Version } from "../contract.ts";
import { readLive, readTags, readVersion, toVersion } from "./read-live.ts";

/** `not_found`. */
export async function getVersion(context: Context, number: number): Promise<Version> {
  await authorizeRead(context, "version.get");
  const [row, live, tags] = await Promise.all([
    readVersion(context.db, number),
    readLive(context.db),
    readTags(context.db, [number]),
  ]);
  if (row === undefined) throw new ConfigError("not_found", `there is no version ${number}`);
  return toVersion(row, live?.version.number, tags.get(number));
}
