/** A reason not to start, or not to go on, that the user can do something about: printed as one line, exit code 1. */
export class ApplianceError extends Error {
  override readonly name = "ApplianceError";
}
