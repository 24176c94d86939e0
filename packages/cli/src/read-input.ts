import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { CliError } from "./cli-error.ts";

/** A file's text; `-` reads standard input. */
export async function readInput(file: string): Promise<string> {
  if (file === "-") return await text(process.stdin);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
