import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DueSource, SourceContent } from "@sluice/config";
import type { OutboundPolicy } from "@sluice/config/outbound";
import { gitEnvironment } from "./git-environment.ts";
import { FetchError, type GitRun, runGit } from "./run-git.ts";
import { BYTES_MAX, FILES_MAX, isTaken } from "./source-bounds.ts";

const FETCH_DEADLINE_MS = 60_000;
const STEP_DEADLINE_MS = 15_000;
/** Of everything that is fetched, compressed. */
const REPOSITORY_BYTES_MAX = 64 << 20;
const WATCH_MS = 200;

/**
 * The files of one commit. Nothing is checked out: hooks, filters, links and submodules of the repository mean nothing here.
 *
 * @throws FetchError
 */
export async function fetchGit(source: DueSource, policy: OutboundPolicy): Promise<SourceContent> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-source-"));
  try {
    const environment = await gitEnvironment(directory, source.location, source.credentials, policy);
    const run = { directory, environment, deadlineMs: STEP_DEADLINE_MS, outputBytesMax: 1 << 20 };
    const repository = join(directory, "repository");
    await runGit(["init", "--quiet", "--bare", "--", repository], run);
    const inside = { ...run, directory: repository };
    await fetchBounded(source, inside);
    const commit = (await runGit(["rev-parse", "--verify", "FETCH_HEAD^{commit}"], inside)).toString().trim();
    const subject = (await runGit(["log", "-1", "--format=%s", commit], inside)).toString("utf8").trim();
    return { commit, subject: subject.slice(0, 300), files: await readFiles(commit, source.path, inside) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function fetchBounded({ location, ref }: DueSource, run: GitRun): Promise<void> {
  const tooLarge = new AbortController();
  const timer = setInterval(() => {
    bytesIn(run.directory).then(
      (bytes) => bytes > REPOSITORY_BYTES_MAX && tooLarge.abort(),
      () => undefined,
    );
  }, WATCH_MS);
  try {
    const args = [
      "fetch",
      "--quiet",
      "--depth=1",
      "--no-tags",
      "--no-recurse-submodules",
      "--",
      location,
      ref,
    ];
    await runGit(args, { ...run, deadlineMs: FETCH_DEADLINE_MS, signal: tooLarge.signal });
  } finally {
    clearInterval(timer);
  }
  if ((await bytesIn(run.directory)) > REPOSITORY_BYTES_MAX)
    throw new FetchError("the repository is too large");
}

async function bytesIn(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  let bytes = 0;
  for (const entry of entries)
    if (entry.isFile())
      bytes += await stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      );
  return bytes;
}

async function readFiles(commit: string, path: string, run: GitRun): Promise<SourceContent["files"]> {
  const tree = path === "" ? commit : `${commit}:${path}`;
  const listing = await runGit(["ls-tree", "-r", "-z", "-l", "--end-of-options", tree], {
    ...run,
    outputBytesMax: 16 << 20,
  }).catch((error: unknown) => {
    throw path === "" ? error : new FetchError(`the commit has no folder '${path}'`);
  });
  const wanted: { readonly path: string; readonly hash: string }[] = [];
  let bytes = 0;
  for (const line of listing.toString("utf8").split("\0")) {
    const match = /^(\d+) blob ([0-9a-f]+)\s+(\d+)\t(.+)$/s.exec(line);
    const [, mode, hash, size, name] = match ?? [];
    // A link (120000) is no file, wherever it leads.
    if (hash === undefined || name === undefined || mode === "120000" || !isTaken(name)) continue;
    bytes += Number(size);
    wanted.push({ path: name, hash });
  }
  if (wanted.length > FILES_MAX) throw new FetchError(`the source has more than ${FILES_MAX} files`);
  if (bytes > BYTES_MAX) throw new FetchError(`the source's files have more than ${BYTES_MAX} bytes`);
  if (wanted.length === 0) return [];
  const input = wanted.map(({ hash }) => `${hash}\n`).join("");
  const output = await runGit(["cat-file", "--batch"], {
    ...run,
    input,
    outputBytesMax: BYTES_MAX + wanted.length * 128,
  });
  return splitBatch(
    output,
    wanted.map((each) => each.path),
  );
}

/** `<hash> blob <size>`, a line's end, the bytes, a line's end; in the order asked for. */
function splitBatch(output: Buffer, paths: readonly string[]): SourceContent["files"] {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let at = 0;
  return paths.map((path) => {
    const end = output.indexOf(10, at);
    const size = Number(/ blob (\d+)$/.exec(output.toString("latin1", at, end))?.[1]);
    if (!Number.isInteger(size)) throw new FetchError(`${path} is not in what was fetched`);
    const bytes = output.subarray(end + 1, end + 1 + size);
    at = end + 1 + size + 1;
    try {
      return { path, text: decoder.decode(bytes) };
    } catch {
      throw new FetchError(`${path} is no text in UTF-8`);
    }
  });
}
