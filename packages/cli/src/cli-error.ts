/** A failure that the user can act on: printed as one line on standard error, exit code 1 (2: wrong usage, 3 and 4: see `waitEffective`). */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
