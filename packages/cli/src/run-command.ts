import { CommanderError } from "commander";
import { CliError } from "./cli-error.ts";
import type { Surroundings } from "./command-kit.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { createProgram } from "./program.ts";

/** Runs one command line (without the program's own name) and gives its exit code; why it is not 0 stands on standard error. */
export async function runCommand(args: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    await createProgram(surroundings).parseAsync(args, { from: "user" });
    return EXIT_CODES.ok.code;
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? EXIT_CODES.ok.code : EXIT_CODES.usage.code;
    surroundings.warn(`sluice: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof CliError ? error.exitCode : EXIT_CODES.refused.code;
  }
}
