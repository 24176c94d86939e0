import type { ApprovalRequest } from "@sluice/config";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { type Column, formatValue } from "../output.ts";
import { numberOf, requiredNumber } from "../read-option.ts";
import { renderDiff } from "./render-diff.ts";

export const APPROVAL_COLUMNS: readonly Column<ApprovalRequest>[] = [
  { title: "request", value: (row) => String(row.id) },
  { title: "state", value: (row) => (row.brokenGlass ? `${row.state} (glass broken)` : row.state) },
  { title: "group", value: (row) => row.group },
  { title: "for", value: (row) => (row.version === undefined ? row.kind : `${row.kind} ${row.version}`) },
  { title: "asked by", value: (row) => row.requestedBy },
  { title: "at", value: (row) => row.requestedAt.toISOString() },
  { title: "decided by", value: (row) => row.decidedBy ?? "" },
  { title: "rollout", value: (row) => (row.rollout === undefined ? "" : String(row.rollout)) },
  { title: "message", value: (row) => row.message },
];

/** For `--wait`: nothing is effective while a second person has not looked at it. */
export function waitsForApproval({ id, group }: ApprovalRequest): CliError {
  const message = `group '${group}' is protected: request ${id} waits for another person (\`sluice approval approve ${id}\`)`;
  return new CliError(message, EXIT_CODES.stopped.code);
}

/** approval list, show, approve, refuse, withdraw, break-glass; protect, unprotect. */
export function addApprovals(kit: CommandKit): void {
  const { command, call, print, output, surroundings } = kit;
  const approval = command("approval", "what waits for a second person, in protected groups");
  const show = (row: ApprovalRequest) => print(row, APPROVAL_COLUMNS, [row]);

  command("list", "requests that wait, newest first", approval)
    .option("--all", "also those that are decided, stale or expired")
    .option("--group <name>", "of one group only")
    .option("--limit <n>", "how many", "50")
    .action(async (options: { all?: boolean; group?: string; limit: string }) => {
      const input = { open: options.all !== true, group: options.group, limit: numberOf(options.limit) };
      const rows = await call((client) => client.approval.list.query(input));
      print(rows, APPROVAL_COLUMNS, rows);
    });

  command("show <request>", "one request, with what it would change in the group", approval).action(
    async (text: string) => {
      const id = requiredNumber(text);
      const { request, changes } = await call(async (client) => {
        const found = await client.approval.get.query({ id });
        const { base: before, version: after } = found;
        const known = before !== undefined && after !== undefined;
        const diff = known ? await client.history.diff.query({ before, after }) : undefined;
        return { request: found, changes: diff };
      });
      const format = output();
      if (format !== "table") {
        surroundings.write(formatValue(format, { ...request, changes }));
        return;
      }
      show(request);
      if (request.override !== undefined)
        surroundings.write(`published although checks fail: ${request.override}\n`);
      if (request.reason !== undefined) surroundings.write(`reason: ${request.reason}\n`);
      if (changes !== undefined) surroundings.write(`\n${renderDiff(changes)}`);
    },
  );

  command("approve <request>", "start what somebody else asked for", approval)
    .option("-m, --message <text>", "for the audit log")
    .action(async (text: string, { message }: { message?: string }) => {
      const input = { id: requiredNumber(text), reason: message };
      show(await call((client) => client.approval.approve.mutate(input)));
    });

  command("refuse <request>", "refuse what somebody asked for", approval)
    .requiredOption("-m, --message <text>", "why: whoever asked reads it")
    .action(async (text: string, { message }: { message: string }) => {
      const input = { id: requiredNumber(text), reason: message };
      show(await call((client) => client.approval.refuse.mutate(input)));
    });

  command("withdraw <request>", "take back a request of your own", approval)
    .option("-m, --message <text>", "why")
    .action(async (text: string, { message }: { message?: string }) => {
      const input = { id: requiredNumber(text), reason: message };
      show(await call((client) => client.approval.withdraw.mutate(input)));
    });

  command(
    "break-glass <request>",
    "in an emergency: start a request with no second person (admin; everybody is told)",
    approval,
  )
    .requiredOption("--confirm <group>", "the group's name")
    .requiredOption("-m, --message <text>", "what the emergency is")
    .action(async (text: string, { confirm, message }: { confirm: string; message: string }) => {
      const input = { id: requiredNumber(text), confirm, reason: message };
      show(await call((client) => client.approval.breakGlass.mutate(input)));
    });

  command(
    "protect [group]",
    "let rollouts to a group need a second person (default: the default group)",
  ).action(async (group: string | undefined) => {
    const row = await call((client) => client.group.protect.mutate({ group: group ?? "default" }));
    print(
      row,
      [
        { title: "group", value: ({ name }) => name },
        { title: "protected by", value: (one) => one.protected?.by ?? "" },
      ],
      [row],
    );
  });

  command("unprotect [group]", "ask for the end of a group's protection, which takes a second person too")
    .requiredOption("-m, --message <text>", "why: whoever approves it reads it")
    .action(async (group: string | undefined, { message }: { message: string }) => {
      const input = { group: group ?? "default", reason: message };
      show(await call((client) => client.group.unprotect.mutate(input)));
    });
}
