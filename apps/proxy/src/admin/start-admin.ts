import { writeFileSync } from "node:fs";
import { compileAddress } from "../listener/compile-listener-sockets.ts";
import { RuntimeSnapshot } from "../runtime/runtime-snapshot.ts";
import { settle, startupError } from "../server/bootstrap-problems.ts";
import type { Server } from "../server/server.ts";
import { StartupError } from "../server/startup-error.ts";
import { AdminAccess } from "./admin-access.ts";
import { AdminServer } from "./admin-server.ts";

/** The admin interface in service. */
export interface RunningAdmin {
  /** Of its access log. */
  reopen(): void;
  /** Nobody is served any more; what its access log has not written is written. */
  close(): Promise<void>;
}

/** Whether what the bootstrap says of it can be. Throws a StartupError. */
export function checkAdmin({ bootstrap, log, options }: Server): void {
  const use = { runtime: new RuntimeSnapshot(), log, flushIntervalMs: options.accessLogFlushMs };
  settle(bootstrap, AdminAccess.compile(bootstrap.message.admin, use));
}

/** Serves the bootstrap's `admin`, where there is one, and says where. Throws a StartupError when it cannot. */
export async function startAdmin(
  server: Server,
  runtime: RuntimeSnapshot,
): Promise<RunningAdmin | undefined> {
  const { bootstrap, log } = server;
  const { adminAddressPath, accessLogFlushMs: flushIntervalMs } = server.options;
  const { admin } = bootstrap.message;
  if (admin?.address === undefined) return undefined;
  const socket = compileAddress(admin.address);
  if (typeof socket === "string") {
    throw startupError(bootstrap, [{ path: "", message: socket, severity: "error" }], "admin.address");
  }
  const access = settle(bootstrap, AdminAccess.compile(admin, { runtime, log, flushIntervalMs }));
  const http = new AdminServer(server, access);
  const where = await http.listen(socket).catch((error: unknown) => {
    throw new StartupError(`admin: ${error instanceof Error ? error.message : String(error)}`);
  });
  log.info(`admin address: ${where}`);
  if (adminAddressPath !== undefined) writeFileSync(adminAddressPath, where);
  return {
    reopen: () => access.reopen(),
    close: async () => {
      await http.close();
      access.flush();
    },
  };
}
