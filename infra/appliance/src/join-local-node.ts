import { type Context, createJoinToken } from "@sluice/config";
import { openDatabase } from "@sluice/database";
import { joinControlPlane, readJoinDirectory, validityOf, writeJoinDirectory } from "@sluice/join";

/**
 * Where plain text is not allowed, the appliance's own node joins as any other: in the appliance's name, unless it has a
 * certificate that is still valid. The control plane must be up.
 */
export async function joinLocalNode(options: {
  readonly databaseUrl: string;
  readonly xdsPort: number;
  readonly nodeId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly directory: string;
}): Promise<void> {
  const { databaseUrl, xdsPort, nodeId, labels, directory } = options;
  if (isValid(directory)) return;
  const { db, sql, close } = openDatabase(databaseUrl, { poolSize: 1, applicationName: "sluice-appliance" });
  try {
    const context: Context = {
      db,
      sql,
      actor: { id: "appliance", name: "appliance", role: "admin" },
      now: () => new Date(),
    };
    const note = "the appliance's own node";
    const { token } = await createJoinToken(context, { node: nodeId, labels, lifetimeS: 300, note });
    writeJoinDirectory(directory, await joinControlPlane({ server: `https://127.0.0.1:${xdsPort}`, token }));
  } finally {
    await close();
  }
}

function isValid(directory: string): boolean {
  try {
    return validityOf(readJoinDirectory(directory).certificatePem).notAfter > new Date();
  } catch {
    return false;
  }
}
