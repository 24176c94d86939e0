import { execFile } from "node:child_process";

/** Why a source could not be fetched, for people: no secret is in it. */
export class FetchError extends Error {
  override readonly name = "FetchError";
}

export interface GitRun {
  readonly directory: string;
  /** Added to a small environment of its own: nothing of this process' own, and no configuration of the user or the machine. */
  readonly environment: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  readonly outputBytesMax: number;
  readonly input?: string;
  readonly signal?: AbortSignal;
}

/** The protocols that may be spoken, submodules and redirects included. */
const PROTOCOLS = "https:ssh:file";

/** Runs git without a shell, with a deadline. @throws FetchError with git's own last words */
export async function runGit(args: readonly string[], run: GitRun): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const child = execFile(
    "git",
    args,
    {
      cwd: run.directory,
      encoding: "buffer",
      timeout: run.deadlineMs,
      killSignal: "SIGKILL",
      maxBuffer: run.outputBytesMax,
      ...(run.signal === undefined ? {} : { signal: run.signal }),
      env: {
        NODE_ENV: process.env.NODE_ENV,
        PATH: process.env.PATH ?? "",
        HOME: run.directory,
        LC_ALL: "C",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_TERMINAL_PROMPT: "0",
        GIT_ALLOW_PROTOCOL: PROTOCOLS,
        GIT_OPTIONAL_LOCKS: "0",
        ...run.environment,
      },
    },
    (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new FetchError(reasonOf(error, stderr.toString("utf8"), run.deadlineMs)));
    },
  );
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(run.input ?? "");
  return await promise;
}

function reasonOf(
  error: Error & { readonly code?: unknown; readonly killed?: boolean },
  stderr: string,
  deadlineMs: number,
): string {
  if (error.code === "ENOENT") return "git is not installed on the dashboard's machine";
  if (error.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return "the repository's files are too large";
  if (error.code === "ABORT_ERR") return "the repository is too large";
  if (error.killed === true) return `git did not end within ${deadlineMs / 1000} s`;
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return (lines.find((line) => /^(?:fatal|error): /.test(line)) ?? lines.at(-1) ?? "git failed").slice(
    0,
    500,
  );
}
