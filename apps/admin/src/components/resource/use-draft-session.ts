"use client";

import { applyEdits } from "@sluice/config/browser";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { refusalOf } from "../../client/refusal.ts";
import { useTRPC, useTRPCClient } from "../../client/trpc.tsx";
import type { DraftResource, ResourceKind } from "./config-types.ts";
import { DraftSession, type DraftSnapshot, type PutOutcome } from "./draft-session.ts";
import { localBackup } from "./local-backup.ts";

/** The draft of one resource, shared by its form and its YAML. */
export function useDraftSession(kind: ResourceKind, resource: DraftResource): [DraftSnapshot, DraftSession] {
  const client = useTRPCClient();
  const queries = useQueryClient();
  const trpc = useTRPC();
  const [session] = useState(
    () =>
      new DraftSession({
        kind,
        resource,
        applyEdits,
        backup: kind === "secrets" ? undefined : localBackup(`${kind}/${resource.name}`),
        check: async (name, yaml) =>
          await client.draft.checkText.mutate({ kind, name, yaml }).then(
            (checked) => checked.problems,
            () => undefined,
          ),
        merge: (input) =>
          client.draft.merge.mutate({ kind, ...input }).then(
            ({ theirs, steps }) => ({ theirs, steps }),
            () => undefined,
          ),
        put: (input) =>
          client.draft.put.mutate({ kind, ...input }).then(
            (saved): PutOutcome => {
              queries.setQueryData(trpc.draft.get.queryKey({ kind, name: saved.name }), saved);
              void queries.invalidateQueries(trpc.draft.status.queryFilter());
              return { ok: true, resource: saved };
            },
            (error: unknown) => outcomeOf(error),
          ),
      }),
  );
  const snapshot = useSyncExternalStore(session.subscribe, session.snapshot, session.snapshot);
  useEffect(() => session.serverHas(resource), [session, resource]);
  useEffect(() => {
    const flush = (): void => session.flush();
    window.addEventListener("pagehide", flush);
    window.addEventListener("online", flush);
    return () => {
      window.removeEventListener("pagehide", flush);
      window.removeEventListener("online", flush);
      session.flush();
    };
  }, [session]);
  return useMemo(() => [snapshot, session], [snapshot, session]);
}

function outcomeOf(error: unknown): PutOutcome {
  const refusal = refusalOf(error);
  if (refusal.kind === "away" || refusal.kind === "signedOut") return { ok: false, reason: "away" };
  if (refusal.kind === "conflict" && refusal.conflict) {
    const { current, by } = refusal.conflict;
    return {
      ok: false,
      reason: "conflict",
      theirs: { yaml: current?.yaml, revision: current?.revision ?? 0, by },
    };
  }
  return {
    ok: false,
    reason: "refused",
    message: refusal.message || refusal.issues.map(({ message }) => message).join("; "),
  };
}
