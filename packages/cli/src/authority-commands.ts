import type { AuthorityStatus } from "@sluice/config";
import type { CommandKit } from "./command-kit.ts";
import type { Column } from "./output.ts";

const COLUMNS: readonly Column<AuthorityStatus>[] = [
  { title: "phase", value: (row) => row.phase },
  { title: "signs", value: (row) => row.signing.fingerprint },
  { title: "until", value: (row) => row.signing.notAfter.toISOString() },
  { title: "also trusted", value: (row) => (row.next ?? row.previous)?.fingerprint ?? "-" },
  { title: "voids tokens", value: (row) => String(row.tokens) },
  { title: "waits for", value: (row) => row.waiting.join(",") || "-" },
];

/** What comes after a phase. */
const NEXT_STEP = { steady: "start", trusting: "switch", signing: "finish" } as const;

/** authority: status, rotate, cancel. */
export function addAuthorityCommands({ call, command, print }: CommandKit): void {
  const authority = command("authority", "the root of the nodes' certificates, and changing it for another");

  command("status", "which root signs, and which nodes a change of it waits for", authority).action(
    async () => {
      const status = await call((client) => client.join.authority.query());
      print(status, COLUMNS, [status]);
    },
  );

  command(
    "rotate",
    "the next step of changing the root (admin): first a new one is trusted beside the old, then it signs, then the old one is forgotten; each waits until all nodes have renewed",
    authority,
  )
    .option("--force", "leave behind nodes that have not renewed: they have to join again")
    .action(async ({ force }: { force?: boolean }) => {
      const status = await call(async (client) => {
        const { phase } = await client.join.authority.query();
        return await client.join.rotateAuthority.mutate({ step: NEXT_STEP[phase], force });
      });
      print(status, COLUMNS, [status]);
    });

  command("cancel", "take back the first step (admin): the new root is forgotten", authority).action(
    async () => {
      const status = await call((client) => client.join.rotateAuthority.mutate({ step: "cancel" }));
      print(status, COLUMNS, [status]);
    },
  );
}
