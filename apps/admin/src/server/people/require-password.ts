import { ConfigError } from "@sluice/config";
import { passwordProblem } from "../auth/password-problem.ts";

/** `bad_input` with the problem's code in its details. `about`: what the password must not be made of. */
export async function requirePassword(password: string, about: readonly string[]): Promise<void> {
  const problem = await passwordProblem(password, about);
  if (problem !== undefined) throw new ConfigError("bad_input", problem.message, { password: problem.code });
}
