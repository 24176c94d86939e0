import type { DataPlaneCheck, KeyRing } from "@sluice/config";
import type { Database, Sql } from "@sluice/database";
import type { Logger } from "pino";
import type { Auth } from "./auth/auth.ts";
import type { Environment } from "./environment.ts";
import type { NotificationHub } from "./live/notification-hub.ts";

/** What every request may use; made once per process in `start-admin-server.ts`. */
export interface Services {
  readonly db: Database;
  readonly sql: Sql;
  readonly hub: NotificationHub;
  readonly auth: Auth;
  readonly log: Logger;
  /** Judges drafts before they are published; undefined where no proxy is installed beside the dashboard. */
  readonly dataPlane: DataPlaneCheck | undefined;
  /** Seals secrets at rest. */
  readonly ring: KeyRing;
  /** Signs cookies. */
  readonly authSecret: string;
  readonly environment: Environment;
  /** Wall clock. */
  readonly now: () => Date;
}
