import { eq } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { ConfigError } from "../contract.ts";
import { authority } from "../schema/index.ts";
import { NODE_AUTHORITY } from "./authority-names.ts";

/** The signing root's certificate, PEM. `not_found` before the control plane's first start. */
export async function authorityCertificate(executor: Executor): Promise<string> {
  const [row] = await executor
    .select({ certificate: authority.certificate })
    .from(authority)
    .where(eq(authority.name, NODE_AUTHORITY));
  if (row === undefined)
    throw new ConfigError(
      "not_found",
      "there is no certificate authority yet: the control plane makes it at its first start",
    );
  return row.certificate;
}
