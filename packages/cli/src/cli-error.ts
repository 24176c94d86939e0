/** A failure that the user can act on: printed as one line on standard error, exit code 1 unless `EXIT_CODES` has a better one. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
