import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { createApiClient } from "../api-client.ts";
import { CliError } from "../cli-error.ts";
import type { Surroundings } from "../command-kit.ts";
import { storeCredentials } from "../credentials.ts";

const DEADLINE_MS = 15_000;

/** Exchanges e-mail and password for a token, proves that the token works, and stores it. */
export async function login(
  options: { readonly server: string; readonly email: string; readonly passwordStdin?: boolean },
  surroundings: Surroundings,
): Promise<{ email: string; role: string; file: string }> {
  if (!/^https?:\/\//.test(options.server))
    throw new CliError(`--server ${options.server}: use an address like http://localhost:3000`, 2);
  const server = options.server.replace(/\/$/, "");
  const password = options.passwordStdin ? await readAll(process.stdin) : await ask("password: ");
  let response: Response;
  try {
    response = await fetch(`${server}/api/auth/sign-in/email`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: new URL(server).origin },
      body: JSON.stringify({ email: options.email, password }),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new CliError(`${server} cannot be reached: ${cause}`);
  }
  if (!response.ok) {
    const body: unknown = await response.json().catch(() => undefined);
    const said =
      typeof body === "object" && body !== null && "message" in body
        ? String(body.message)
        : `status ${response.status}`;
    throw new CliError(`${server} refused the sign-in: ${said}`);
  }
  const token = response.headers.get("set-auth-token");
  if (token === null) throw new CliError(`${server} gave no token: is it a Sluice dashboard?`);
  const me = await createApiClient({ server, token }).session.me.query();
  const file = storeCredentials(surroundings.environment, { server, token });
  return { email: options.email, role: me.role, file };
}

async function readAll(stream: NodeJS.ReadStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text.replace(/\r?\n$/, "");
}

/** Asks on the terminal without echo. */
async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY)
    throw new CliError("there is no terminal to ask for the password on: use --password-stdin", 2);
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const readline = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await readline.question("");
  } finally {
    readline.close();
    process.stderr.write("\n");
  }
}
