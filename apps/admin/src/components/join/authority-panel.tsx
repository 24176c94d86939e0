"use client";

import type { AuthorityStatus, RotationStep, TrustedRoot } from "@sluice/config/contract";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { TypeNameDialog } from "../ui/type-name-dialog.tsx";

const NEXT_STEP = { steady: "start", trusting: "switch", signing: "finish" } as const;

/** The root of the nodes' certificates; admins change it for another in three steps. */
export function AuthorityPanel({ status }: { readonly status: AuthorityStatus }) {
  const t = useTranslations("join.authority");
  const may = useMay();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [forcing, setForcing] = useState(false);
  const rotate = useMutation(
    trpc.join.rotateAuthority.mutationOptions({
      onSuccess: async () => {
        setForcing(false);
        await queries.invalidateQueries(trpc.join.pathFilter());
      },
    }),
  );
  const step = NEXT_STEP[status.phase];
  const go = (chosen: RotationStep, force = false): void => rotate.mutate({ step: chosen, force });
  const waits = status.waiting.length > 0;
  return (
    <div className="flex max-w-3xl flex-col gap-3 px-6 text-sm max-sm:px-4">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1">
        <Root name={t("signing")} root={status.signing} />
        {status.next && <Root name={t("next")} root={status.next} />}
        {status.previous && <Root name={t("previous")} root={status.previous} />}
      </dl>
      <p className="text-muted">{t(`phases.${status.phase}`)}</p>
      {waits && (
        <Notice tone="info" title={t("waiting", { count: status.waiting.length })}>
          {status.waiting.join(", ")}
        </Notice>
      )}
      {status.tokens > 0 && <Notice tone="warn">{t("tokens", { count: status.tokens })}</Notice>}
      {!forcing && <RefusalNotice error={rotate.error} />}
      {may("node.enroll") && (
        <div className="flex flex-wrap gap-2">
          <Button busy={rotate.isPending} disabled={waits} onClick={() => go(step)}>
            {t(`steps.${step}`)}
          </Button>
          {waits && (
            <Button
              tone="danger"
              busy={rotate.isPending}
              onClick={() => {
                rotate.reset();
                setForcing(true);
              }}
            >
              {t("force")}
            </Button>
          )}
          {status.phase === "trusting" && (
            <Button tone="quiet" busy={rotate.isPending} onClick={() => go("cancel")}>
              {t("steps.cancel")}
            </Button>
          )}
        </div>
      )}
      <TypeNameDialog
        name={forcing ? String(status.waiting.length) : undefined}
        title={t("force")}
        hint={t("forceHint", { count: status.waiting.length })}
        label={t("typeCount", { count: status.waiting.length })}
        action={t("force")}
        busy={rotate.isPending}
        error={rotate.error}
        onConfirm={() => go(step, true)}
        onClose={() => setForcing(false)}
      />
    </div>
  );
}

function Root({ name, root }: { readonly name: string; readonly root: TrustedRoot }) {
  const t = useTranslations("join.authority");
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">
        <span className="font-mono text-xs wrap-anywhere">{root.fingerprint}</span> · {t("made")}{" "}
        <RelativeTime at={root.createdAt} /> · {t("until")} <RelativeTime at={root.notAfter} ahead />
      </dd>
    </>
  );
}
