import type { CommandKit } from "../command-kit.ts";
import { idOf } from "./people.ts";

/** session: show, list, end, end-others; passkey: list, rename, remove. */
export function addSessions({ call, command, print, printLines }: CommandKit): void {
  const session = command("session", "where people are signed in");

  command("list", "where you are signed in", session)
    .option("--person <email>", "where somebody else is")
    .action(async ({ person }: { person?: string }) => {
      const rows = await call(async (client) =>
        client.session.list.query(person === undefined ? {} : { person: await idOf(client, person) }),
      );
      print(
        rows,
        [
          { title: "id", value: (row) => row.id },
          { title: "since", value: (row) => row.createdAt.toISOString() },
          { title: "last seen", value: (row) => row.lastSeenAt.toISOString() },
          { title: "address", value: (row) => row.address ?? "" },
          { title: "with", value: (row) => row.userAgent ?? "" },
        ],
        rows,
      );
    });

  command("end <id>", "end a session at once", session).action(async (id: string) => {
    await call((client) => client.session.revoke.mutate({ id }));
    printLines({ ended: id }, [`ended session ${id}`]);
  });

  command("end-others", "end all of your sessions but this one", session).action(async () => {
    const { revoked } = await call((client) => client.session.revokeOthers.mutate());
    printLines({ ended: revoked }, [`ended ${revoked} session${revoked === 1 ? "" : "s"}`]);
  });

  command("show", "who you are, with which role, and which second factor you have", session).action(
    async () => {
      const { me, twoFactor, passkeys } = await call(async (client) => ({
        me: await client.session.me.query(),
        twoFactor: await client.session.twoFactor.query(),
        passkeys: await client.session.passkeys.query(),
      }));
      const due = me.secondFactor?.dueAt.toISOString();
      printLines({ ...me, app: twoFactor.enabled, passkeys: passkeys.length }, [
        `${me.name} <${me.email}>, ${me.role}`,
        `authenticator app: ${twoFactor.enabled ? "yes" : "no"}; passkeys: ${passkeys.length}`,
        ...(due === undefined ? [] : [`a second factor is compulsory from ${due}`]),
      ]);
    },
  );

  const passkey = command("passkey", "your passkeys; they are added in a browser, on the profile page");

  command("list", "your passkeys, oldest first", passkey).action(async () => {
    const rows = await call((client) => client.session.passkeys.query());
    print(
      rows,
      [
        { title: "id", value: (row) => row.id },
        { title: "name", value: (row) => row.name },
        { title: "added", value: (row) => row.createdAt?.toISOString() ?? "" },
        { title: "synced", value: (row) => (row.backedUp ? "yes" : "no") },
      ],
      rows,
    );
  });

  command("rename <id> <name>", "give a passkey another name", passkey).action(
    async (id: string, name: string) => {
      await call((client) => client.session.renamePasskey.mutate({ id, name }));
      printLines({ id, name }, [`passkey ${id} is '${name}' now`]);
    },
  );

  command("remove <id>", "let a passkey sign you in no more", passkey).action(async (id: string) => {
    await call((client) => client.session.removePasskey.mutate({ id }));
    printLines({ removed: id }, [`removed passkey ${id}`]);
  });
}
