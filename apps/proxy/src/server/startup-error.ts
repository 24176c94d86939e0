/** Why the proxy cannot start, for people; `main.ts` prints it and exits with 1. */
export class StartupError extends Error {
  override readonly name = "StartupError";
}
