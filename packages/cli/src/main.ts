#!/usr/bin/env node
/** The `sluice` command. The only file of the package that may end the process. */
import { CommanderError } from "commander";
import { CliError } from "./cli-error.ts";
import { createProgram } from "./program.ts";

// Who reads no further, as `head` does, has what it wanted.
process.stdout.on("error", (error) => {
  if (!("code" in error) || error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  await createProgram({
    environment: process.env,
    write: (text) => process.stdout.write(text),
    warn: (text) => process.stderr.write(text),
  }).parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`sluice: ${message}\n`);
    process.exitCode = error instanceof CliError ? error.exitCode : 1;
  }
}
