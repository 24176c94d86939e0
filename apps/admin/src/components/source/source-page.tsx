"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { useRefusalWords } from "../../client/use-refusal-words.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { SourcePlanView } from "./source-plan.tsx";
import { SourcePhase } from "./source-state.tsx";

/** One source: what it would change, where what is live differs from it, and taking it. */
export function SourcePage({ name }: { readonly name: string }) {
  const t = useTranslations("source");
  const refusalWords = useRefusalWords();
  const trpc = useTRPC();
  const router = useRouter();
  const queries = useQueryClient();
  const may = useMay();
  const [removing, setRemoving] = useState(false);
  const list = useQuery(trpc.source.list.queryOptions());
  const source = list.data?.find((each) => each.name === name);
  const plan = useQuery(trpc.source.plan.queryOptions({ name }, { retry: false }));
  const refresh = async (): Promise<void> => {
    await queries.invalidateQueries(trpc.source.pathFilter());
  };
  const sync = useMutation({ ...trpc.source.sync.mutationOptions(), onSettled: refresh });
  const remove = useMutation({
    ...trpc.source.remove.mutationOptions(),
    onSuccess: async () => {
      await refresh();
      router.push("/sources");
    },
  });
  const failed = sync.error ?? remove.error;
  return (
    <>
      <PageHeader
        title={name}
        description={source && `${source.location} · ${t(`winnersLong.${source.winner}`)}`}
        back={{ href: "/sources", label: t("title") }}
        marks={source && <SourcePhase source={source} />}
        actions={
          <>
            {may("settings.manage") && <Button onClick={() => setRemoving(true)}>{t("remove")}</Button>}
            {may("config.edit") && (
              <Button busy={sync.isPending} onClick={() => sync.mutate({ name, publish: false })}>
                {t("toDraft")}
              </Button>
            )}
            {may("config.publish") && (
              <Button tone="primary" busy={sync.isPending} onClick={() => sync.mutate({ name })}>
                {t("sync")}
              </Button>
            )}
          </>
        }
      />
      <div className="flex flex-col gap-6 px-6 pb-10 max-sm:px-4">
        <RefusalNotice error={failed} />
        {sync.data && (
          <Notice tone="ok">
            {sync.data.version === undefined
              ? t("taken", { count: sync.data.changed })
              : t("published", { count: sync.data.changed, version: sync.data.version })}
          </Notice>
        )}
        {list.data && source === undefined && <Notice tone="bad">{t("gone")}</Notice>}
        {plan.error && <Notice tone="info">{refusalWords(plan.error)}</Notice>}
        {plan.isPending && <SkeletonRows bare />}
        {plan.data && <SourcePlanView plan={plan.data} />}
      </div>
      <Dialog
        open={removing}
        onOpenChange={setRemoving}
        title={t("removeTitle", { name })}
        description={t("removeHint")}
        width="sm"
        footer={
          <>
            <Button onClick={() => setRemoving(false)}>{t("cancel")}</Button>
            <Button tone="danger" busy={remove.isPending} onClick={() => remove.mutate({ name })}>
              {t("remove")}
            </Button>
          </>
        }
      >
        <p className="text-sm">{t("removeWhat", { count: source?.resources ?? 0 })}</p>
      </Dialog>
    </>
  );
}
