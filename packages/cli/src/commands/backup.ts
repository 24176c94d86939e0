import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, statSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import { type Credentials, readCredentials } from "../credentials.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { ask, readAll } from "./ask.ts";

interface PassphraseOptions {
  readonly passphraseStdin?: boolean;
}

export function addBackup({ command, print, surroundings }: CommandKit): void {
  const { environment, warn } = surroundings;

  command("backup <file>", "write the whole appliance, without telemetry, as one encrypted file")
    .option("--passphrase-stdin", "read the passphrase from standard input instead of asking")
    .option("--force", "write over a file that is there")
    .action(async (file: string, options: PassphraseOptions & { force?: boolean }) => {
      if (existsSync(file) && options.force !== true)
        throw new CliError(`${file} is there already: use --force to write over it`);
      const credentials = readCredentials(environment);
      const body = JSON.stringify({ passphrase: await passphraseOf(environment, options) });
      const response = await send(credentials, "/api/backup", body, { "content-type": "application/json" });
      // Only a whole backup gets the name.
      const partial = `${file}.partial`;
      try {
        const target = createWriteStream(partial, { mode: 0o600, flush: true });
        await pipeline(Readable.fromWeb(asNodeStream(response)), target);
        renameSync(partial, file);
      } catch (error) {
        rmSync(partial, { force: true });
        throw new CliError(`the backup broke off: ${error instanceof Error ? error.message : String(error)}`);
      }
      const result = { file, bytes: statSync(file).size };
      print(
        result,
        [
          { title: "file", value: (row) => row.file },
          { title: "bytes", value: (row) => String(row.bytes) },
        ],
        [result],
      );
    });

  command("restore <file>", "put a backup into an empty appliance; start it again afterwards")
    .option("--passphrase-stdin", "read the passphrase from standard input instead of asking")
    .action(async (file: string, options: PassphraseOptions) => {
      if (!existsSync(file)) throw new CliError(`${file} does not exist`);
      const credentials = readCredentials(environment);
      const passphrase = await passphraseOf(environment, options);
      const response = await send(credentials, "/api/restore", Readable.toWeb(createReadStream(file)), {
        "content-type": "application/octet-stream",
        "sluice-passphrase": Buffer.from(passphrase).toString("base64url"),
      });
      const result = (await response.json()) as { readonly createdAt: string; readonly tables: number };
      warn("start every process of the appliance again, and sign in as one of the people in the backup\n");
      print(
        result,
        [
          { title: "backup of", value: (row) => row.createdAt },
          { title: "tables", value: (row) => String(row.tables) },
        ],
        [result],
      );
    });
}

async function passphraseOf(environment: NodeJS.ProcessEnv, options: PassphraseOptions): Promise<string> {
  if (options.passphraseStdin) return await readAll(process.stdin);
  return environment.SLUICE_BACKUP_PASSPHRASE || (await ask("passphrase: ", "--passphrase-stdin"));
}

async function send(
  { server, token }: Credentials,
  path: string,
  body: string | ReadableStream,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`${server}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, ...headers },
      body: body as NonNullable<RequestInit["body"]>,
      ...(typeof body === "string" ? {} : { duplex: "half" as const }),
    });
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new CliError(`${server} cannot be reached: ${cause}`, EXIT_CODES.unreachable.code);
  }
  if (response.ok) return response;
  const answer: unknown = await response.json().catch(() => undefined);
  throw new CliError(
    messageOf(answer) ?? `${server} answered ${response.status}`,
    exitCodeOf(response.status),
  );
}

function messageOf(answer: unknown): string | undefined {
  const error = (answer as { readonly error?: { readonly message?: unknown } } | null | undefined)?.error;
  return typeof error?.message === "string" ? error.message : undefined;
}

function exitCodeOf(status: number): number {
  if (status === 401 || status === 403) return EXIT_CODES.forbidden.code;
  return status === 409 ? EXIT_CODES.conflict.code : EXIT_CODES.refused.code;
}

/** fetch's streams are Node's own; the two libraries of types name them apart. */
function asNodeStream(response: Response): ReadableStream {
  return response.body as unknown as ReadableStream;
}
