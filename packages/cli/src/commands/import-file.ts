import { readFileSync } from "node:fs";
import type { ApiClient } from "../api-client.ts";
import { CliError } from "../cli-error.ts";

/** Sends a file's text to the server, which takes its resources into the draft (or, with `preview`, tells what it would do). */
export function importFile(client: ApiClient, file: string, preview: boolean) {
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return client.transfer.import.mutate({ text, file, preview });
}
