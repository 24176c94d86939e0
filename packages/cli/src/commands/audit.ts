import { InvalidArgumentError, Option } from "commander";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import { readCredentials } from "../credentials.ts";
import { numberOf } from "../read-option.ts";

interface FilterOptions {
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly since?: string;
  readonly until?: string;
  readonly refused?: boolean;
}

/** `audit list`, `audit export`, `audit verify` and `audit retention`. */
export function addAudit({ call, command, print, printLines, surroundings }: CommandKit): void {
  const audit = command("audit", "who did what, and what was refused");
  const filtered = (nameAndArguments: string, description: string) =>
    command(nameAndArguments, description, audit)
      .option("--actor <name>", "who did it")
      .option("--action <name>", "like version.publish, or version. for all of that kind")
      .option("--subject <text>", "part of what it was done to")
      .addOption(
        new Option("--since <time>", "from this time on, like 2026-03-01T08:00:00Z").argParser(timeOf),
      )
      .addOption(new Option("--until <time>", "before this time").argParser(timeOf))
      .option("--refused", "only what was refused");

  filtered("list", "events, newest first")
    .option("--limit <n>", "how many, up to 500", "50")
    .action(async (options: FilterOptions & { limit: string }) => {
      const input = { ...filterOf(options), limit: numberOf(options.limit) ?? 50 };
      const { events } = await call((client) => client.audit.list.query(input));
      print(
        events,
        [
          { title: "at", value: (row) => row.at.toISOString() },
          { title: "who", value: (row) => row.actor },
          { title: "action", value: (row) => row.action },
          { title: "subject", value: (row) => row.subject },
          { title: "refused", value: (row) => (isRefused(row.details) ? "refused" : "") },
        ],
        events,
      );
    });

  filtered("export", "all events as JSON lines, oldest first").action(async (options: FilterOptions) => {
    const { server, token } = readCredentials(surroundings.environment);
    const query = new URLSearchParams(
      Object.entries(filterOf(options)).map(([key, value]) => [key, `${value}`]),
    );
    const answer = await fetch(`${server}/api/v1/audit/export?${query}`, {
      headers: { authorization: `Bearer ${token}` },
    }).catch((error: unknown) => {
      throw new CliError(`${server} cannot be reached: ${error instanceof Error ? error.message : error}`);
    });
    if (!answer.ok || answer.body === null)
      throw new CliError(`${server} refused the export: ${(await answer.text()).trim()}`);
    for await (const part of answer.body.pipeThrough(new TextDecoderStream())) surroundings.write(part);
  });

  command("verify", "compute the chain of hashes anew; exit code 1 when it does not hold", audit)
    .option("--expect <seq:hash>", "a link that was noted down before, as this command prints it")
    .action(async (options: { expect?: string }) => {
      const found = await call((client) => client.audit.verify.query({ expect: linkOf(options.expect) }));
      printLines(found, [
        found.holds ? "the chain holds" : `the chain is broken: ${found.problem}`,
        `${found.events} events${found.anchor > 0 ? ` after link ${found.anchor}` : ""}, newest link ${found.head.seq}:${found.head.hash}`,
      ]);
      if (!found.holds) throw new CliError("the audit log was tampered with, or is damaged");
    });

  command("retention [days]", "for how long events are kept; with days, or `forever`, set it", audit).action(
    async (days: string | undefined) => {
      if (days !== undefined) {
        const wanted = days === "forever" ? undefined : numberOf(days);
        await call((client) => client.audit.setRetention.mutate({ days: wanted }));
      }
      const kept = await call((client) => client.audit.retention.query());
      printLines(kept, [
        kept.days === undefined ? "events are kept for ever" : `events are kept for ${kept.days} days`,
      ]);
    },
  );
}

function filterOf({ since, until, refused, ...rest }: FilterOptions) {
  const { actor, action, subject } = rest;
  return {
    ...(actor === undefined ? {} : { actor }),
    ...(action === undefined ? {} : { action }),
    ...(subject === undefined ? {} : { subject }),
    ...(since === undefined ? {} : { from: since }),
    ...(until === undefined ? {} : { to: until }),
    ...(refused === undefined ? {} : { refused }),
  };
}

function linkOf(text: string | undefined): { seq: number; hash: string } | undefined {
  if (text === undefined) return undefined;
  const [, seq, hash] = /^(\d+):([0-9a-fA-F]{64})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined) throw new CliError(`--expect ${text}: use <seq>:<hash>`, 2);
  return { seq: Number(seq), hash };
}

function timeOf(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError("use a time like 2026-03-01T08:00:00Z");
  return time.toISOString();
}

function isRefused(details: unknown): boolean {
  return typeof details === "object" && details !== null && "refused" in details;
}
