"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { refusalOf } from "../../client/refusal.ts";
import { useTRPC } from "../../client/trpc.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { Notice } from "../ui/notice.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import type { ResourceKind } from "./config-types.ts";
import { ResourceWorkspace } from "./resource-workspace.tsx";

/** One resource of the draft: loads it, then hands over to the workspace, which keeps its own text. */
export function ResourceDetail({ kind, name }: { readonly kind: ResourceKind; readonly name: string }) {
  const t = useTranslations("config");
  const trpc = useTRPC();
  const resource = useQuery({
    ...trpc.draft.get.queryOptions({ kind, name }),
    // A resource that is renamed in its text keeps its workspace; the old name is then asked no more.
    refetchOnMount: "always",
  });
  if (resource.data)
    return <ResourceWorkspace key={`${kind}/${name}`} kind={kind} resource={resource.data} />;
  if (resource.isPending) return <SkeletonRows rows={8} />;
  if (refusalOf(resource.error).kind === "not_found")
    return (
      <EmptyState
        icon={kind}
        title={t("notFound", { name })}
        action={<LinkButton href={`/${kind}`}>{t(`kinds.${kind}.all`)}</LinkButton>}
      >
        {t("notFoundHint")}
      </EmptyState>
    );
  return (
    <div className="p-6">
      <Notice
        tone="bad"
        title={t("loadFailed")}
        action={
          <Button size="sm" onClick={() => void resource.refetch()}>
            {t("tryAgain")}
          </Button>
        }
      >
        {resource.error.message}
      </Notice>
    </div>
  );
}
