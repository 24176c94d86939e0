"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../../../../client/trpc.tsx";
import { useUrlState } from "../../../../../components/chart/use-url-state.ts";
import { DumpExplorer } from "../../../../../components/node/dump-explorer.tsx";
import { NodeCompare } from "../../../../../components/node/node-compare.tsx";
import { PageHeader } from "../../../../../components/ui/page-header.tsx";
import { SubjectProblem } from "../../../../../components/ui/query-problem.tsx";
import { SkeletonRows } from "../../../../../components/ui/skeleton.tsx";
import { Tabs } from "../../../../../components/ui/tabs.tsx";

/** What one node really runs: its dump, and that against a version. */
export function NodeConfigPage({ id }: { readonly id: string }) {
  const t = useTranslations("nodes");
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const node = useQuery(trpc.node.get.queryOptions({ id }, { retry: false }));
  return (
    <>
      <PageHeader
        title={t("dump.title", { node: id })}
        description={t("dump.description")}
        back={{ href: `/nodes/${encodeURIComponent(id)}`, label: id }}
      />
      {node.isPending && <SkeletonRows />}
      {node.isError && <SubjectProblem query={node} icon="nodes" missing={t("detail.missing")} />}
      {node.data && (
        <Tabs
          label={t("dump.title", { node: id })}
          value={read("view") === "compare" ? "compare" : "dump"}
          onChange={(view) => write({ view: view === "dump" ? undefined : view })}
          items={[
            {
              id: "dump",
              label: t("dump.tab"),
              content: (
                <div className="pt-4">
                  <DumpExplorer node={id} />
                </div>
              ),
            },
            {
              id: "compare",
              label: t("compare.tab"),
              content: (
                <div className="pt-4">
                  <NodeCompare node={id} targetVersion={node.data.targetVersion} />
                </div>
              ),
            },
          ]}
        />
      )}
    </>
  );
}
