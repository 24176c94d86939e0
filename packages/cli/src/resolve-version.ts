import type { ApiClient } from "./api-client.ts";
import { CliError } from "./cli-error.ts";

/** A version's number from its number or a tag. */
export async function resolveVersion(client: ApiClient, text: string): Promise<number> {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  const tags = await client.history.tags.query();
  const found = tags.find(({ name }) => name === text);
  if (found === undefined) throw new CliError(`there is no version '${text}': use a number or a tag`, 2);
  return found.version;
}

/** The same of an option that may be left out. */
export async function optionalVersion(
  client: ApiClient,
  text: string | undefined,
): Promise<number | undefined> {
  return text === undefined ? undefined : await resolveVersion(client, text);
}
