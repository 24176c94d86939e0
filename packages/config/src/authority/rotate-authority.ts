import { X509Certificate } from "node:crypto";
import { authorityFingerprint } from "@sluice/join/token";
import { and, count, desc, eq, gt, isNull, lt } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import type { Executor } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { authority, authorityRotation, joinToken, nodeCertificate } from "../schema/index.ts";
import type { AuthorityStatus, RotationStep, TrustedRoot } from "./authority-contract.ts";
import { NEXT_AUTHORITY, NODE_AUTHORITY, PREVIOUS_AUTHORITY } from "./authority-names.ts";

const ROTATION = "nodes";

/** How far a rotation is, and who it waits for. `not_found` before the control plane's first start. */
export async function authorityStatus(context: Context): Promise<AuthorityStatus> {
  await authorizeRead(context, "authority.status");
  return await readStatus(context.db, context);
}

export interface RotateInput {
  readonly step: RotationStep;
  /** Leave behind the nodes that have not renewed: they have to join again. */
  readonly force?: boolean | undefined;
}

/**
 * One step of changing the root: `start` makes another one, that everybody trusts beside the old; `switch` signs with it, once every node
 * trusts it; `finish` forgets the old one, once every node has a certificate of the new; `cancel` takes back a `start`. Needs node.enroll.
 * `conflict` when it is not that step's turn, or nodes have not renewed yet, naming them.
 */
export async function rotateAuthority(
  context: Context,
  { step, force = false }: RotateInput,
): Promise<AuthorityStatus> {
  const attempt = {
    permission: "node.enroll",
    action: `authority.${step}`,
    subject: "authority/nodes",
  } as const;
  return await change(context, attempt, async (tx) => {
    // One at a time, and not while a root is made.
    await tx.select().from(authorityRotation).for("update");
    await tx.select().from(authority).where(eq(authority.name, NODE_AUTHORITY)).for("update");
    const status = await readStatus(tx, context);
    requireTurn(status, step);
    if (step !== "start" && step !== "cancel" && !force && status.waiting.length > 0) throw waits(status);
    const now = context.now();
    switch (step) {
      case "start":
        await tx
          .insert(authorityRotation)
          .values({ name: ROTATION, phase: "trusting", since: now, by: context.actor.name });
        break;
      case "switch":
        await rename(tx, NODE_AUTHORITY, PREVIOUS_AUTHORITY);
        await rename(tx, NEXT_AUTHORITY, NODE_AUTHORITY);
        await tx.update(authorityRotation).set({ phase: "signing", since: now, by: context.actor.name });
        break;
      case "finish":
        await tx.delete(authority).where(eq(authority.name, PREVIOUS_AUTHORITY));
        await tx.delete(authorityRotation);
        break;
      case "cancel":
        await tx.delete(authority).where(eq(authority.name, NEXT_AUTHORITY));
        await tx.delete(authorityRotation);
        break;
    }
    const left = step === "switch" || step === "finish" ? status.waiting : [];
    await appendAudit(tx, context, { ...attempt, details: left.length === 0 ? undefined : { left } });
    await notify(tx, CHANNELS.join, { authority: step });
    return await readStatus(tx, context);
  });
}

async function readStatus(executor: Executor, context: Pick<Context, "now">): Promise<AuthorityStatus> {
  const roots = await executor.select().from(authority);
  const rootOf = (name: string): TrustedRoot | undefined => {
    const row = roots.find((root) => root.name === name);
    return row && describe(row.certificate, row.createdAt);
  };
  const signing = rootOf(NODE_AUTHORITY);
  if (signing === undefined)
    throw new ConfigError("not_found", "there is no certificate authority yet: the control plane makes it");
  const [rotation] = await executor.select().from(authorityRotation);
  const next = rootOf(NEXT_AUTHORITY);
  const phase = rotation?.phase ?? "steady";
  const waiting = phase === "steady" ? [] : await readWaiting(executor, context, phase, { signing, next });
  const [tokens] = await executor
    .select({ count: count() })
    .from(joinToken)
    .where(
      and(
        gt(joinToken.expiresAt, context.now()),
        isNull(joinToken.revokedAt),
        lt(joinToken.uses, joinToken.usesMax),
      ),
    );
  return {
    phase,
    signing,
    next,
    previous: rootOf(PREVIOUS_AUTHORITY),
    since: rotation?.since,
    by: rotation?.by,
    waiting,
    tokens: phase === "trusting" ? (tokens?.count ?? 0) : 0,
  };
}

/** Nodes whose newest certificate is from before the step: of each the newest counts, of those that are valid. */
async function readWaiting(
  executor: Executor,
  { now }: Pick<Context, "now">,
  phase: "trusting" | "signing",
  { signing, next }: { readonly signing: TrustedRoot; readonly next: TrustedRoot | undefined },
): Promise<readonly string[]> {
  const rows = await executor
    .selectDistinctOn([nodeCertificate.node], {
      node: nodeCertificate.node,
      authority: nodeCertificate.authority,
      trusts: nodeCertificate.trusts,
    })
    .from(nodeCertificate)
    .where(and(gt(nodeCertificate.notAfter, now()), isNull(nodeCertificate.revokedAt)))
    .orderBy(nodeCertificate.node, desc(nodeCertificate.issuedAt));
  return rows
    .filter((row) =>
      phase === "trusting"
        ? next === undefined || !row.trusts.split(" ").includes(next.fingerprint)
        : row.authority !== signing.fingerprint,
    )
    .map(({ node }) => node);
}

function requireTurn({ phase, next }: AuthorityStatus, step: RotationStep): void {
  const turns: Readonly<Record<RotationStep, AuthorityStatus["phase"]>> = {
    start: "steady",
    switch: "trusting",
    cancel: "trusting",
    finish: "signing",
  };
  if (turns[step] !== phase) throw conflict(`'${step}' is not due: ${PHASE_WORDS[phase]}`);
  if (step === "switch" && next === undefined)
    throw conflict("the new root is not made yet: the control plane makes it within seconds; is it running?");
}

const PHASE_WORDS: Readonly<Record<AuthorityStatus["phase"], string>> = {
  steady: "no rotation is under way",
  trusting: "the new root is trusted beside the old one, which still signs",
  signing: "the new root signs already, the old one is still trusted",
};

function waits({ waiting, phase }: AuthorityStatus): ConfigError {
  const what = phase === "trusting" ? "do not trust the new root yet" : "have a certificate of the old root";
  const shown = waiting.slice(0, 20).join(", ") + (waiting.length > 20 ? ", …" : "");
  return conflict(
    `${waiting.length} nodes ${what}: ${shown}; they do when they renew (\`sluice join renew DIR --force\` at once)`,
  );
}

function conflict(message: string): ConfigError {
  return new ConfigError("conflict", message, { by: undefined, at: undefined });
}

async function rename(executor: Executor, from: string, to: string): Promise<void> {
  await executor.update(authority).set({ name: to }).where(eq(authority.name, from));
}

function describe(certificatePem: string, createdAt: Date): TrustedRoot {
  return {
    fingerprint: authorityFingerprint(certificatePem),
    createdAt,
    notAfter: new Date(new X509Certificate(certificatePem).validTo),
  };
}
