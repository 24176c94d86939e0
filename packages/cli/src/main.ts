#!/usr/bin/env node
/** The `sluice` command. The only file of the package that may end the process. */
import { runCommand } from "./run-command.ts";

// Who reads no further, as `head` does, has what it wanted.
process.stdout.on("error", (error) => {
  if (!("code" in error) || error.code !== "EPIPE") throw error;
  process.exit();
});

process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  write: (text) => process.stdout.write(text),
  warn: (text) => process.stderr.write(text),
});
