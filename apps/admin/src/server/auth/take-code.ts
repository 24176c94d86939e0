import { createHmac, timingSafeEqual } from "node:crypto";
import type { Database } from "@sluice/database";
import { symmetricDecrypt } from "better-auth/crypto";
import { and, eq, lt } from "drizzle-orm";
import { twoFactor } from "./schema.ts";

const STEP_MS = 30_000;
/** As many steps before and after now as better-auth takes. */
const WINDOW = [-1, 0, 1];

export interface TakenCode {
  readonly userId: string;
  /** Six digits that were found right a moment ago. */
  readonly code: string;
  /** What the secret is encrypted with. */
  readonly key: Parameters<typeof symmetricDecrypt>[0]["key"];
  /** Wall clock. */
  readonly now: Date;
}

/**
 * Uses a code up (RFC 6238 section 5.2): neither it nor an older one is taken again, by whichever replica. False when it was used
 * already.
 */
export async function takeCode(db: Database, { userId, code, key, now }: TakenCode): Promise<boolean> {
  const [row] = await db.select().from(twoFactor).where(eq(twoFactor.userId, userId));
  if (row === undefined) return false;
  const secret = await symmetricDecrypt({ key, data: row.secret });
  const at = Math.floor(now.getTime() / STEP_MS);
  const step = WINDOW.map((offset) => at + offset).find((each) => isSame(codeAt(secret, each), code));
  if (step === undefined) return false;
  const taken = await db
    .update(twoFactor)
    .set({ lastUsedStep: step })
    .where(and(eq(twoFactor.id, row.id), lt(twoFactor.lastUsedStep, step)))
    .returning({ id: twoFactor.id });
  return taken.length > 0;
}

/** RFC 4226, six digits. */
function codeAt(secret: string, counter: number): string {
  const moving = Buffer.alloc(8);
  moving.writeBigUInt64BE(BigInt(counter));
  const hash = createHmac("sha1", secret).update(moving).digest();
  const offset = hash.readUInt8(hash.length - 1) & 15;
  return String((hash.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
