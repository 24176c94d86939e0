"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { LinkButton } from "../ui/button.tsx";
import { SubjectProblem } from "../ui/query-problem.tsx";
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
  return (
    <SubjectProblem
      query={resource}
      icon={kind}
      missing={t("notFound", { name })}
      missingHint={t("notFoundHint")}
      action={<LinkButton href={`/${kind}`}>{t(`kinds.${kind}.all`)}</LinkButton>}
    />
  );
}
