"use client";

import type { NodeState } from "@sluice/config";
import { useQuery } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import Link from "next/link";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../../client/trpc.tsx";
import { useOpenFromAddress } from "../../../client/use-open-from-address.ts";
import { useUrlState } from "../../../components/chart/use-url-state.ts";
import { GroupsPanel } from "../../../components/groups/groups-panel.tsx";
import { Badge, StatusDot } from "../../../components/ui/badge.tsx";
import { Button, LinkButton } from "../../../components/ui/button.tsx";
import { EmptyState } from "../../../components/ui/empty-state.tsx";
import { SearchInput } from "../../../components/ui/input.tsx";
import { PageHeader } from "../../../components/ui/page-header.tsx";
import { useQuantity } from "../../../components/ui/quantity.tsx";
import { RelativeTime } from "../../../components/ui/relative-time.tsx";
import { SkeletonRows } from "../../../components/ui/skeleton.tsx";
import { type Column, Table } from "../../../components/ui/table.tsx";
import type { ScopeFigures } from "../../../server/trpc/telemetry/overview.ts";
import { JoinDialog } from "./join-dialog.tsx";
import { NodeVersion } from "./node-version.tsx";
import { SyncBadge } from "./sync-badge.tsx";
import { worstFirst } from "./worst-first.ts";

/** Who is out there? */
export function NodesPage() {
  const t = useTranslations("nodes");
  const access = useTranslations("join");
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const [joining, setJoining] = useState(false);
  useOpenFromAddress((what) => setJoining(what === "new"));
  const nodes = useQuery(trpc.node.list.queryOptions());
  const loads = useLoads();
  const search = (read("q") ?? "").toLowerCase();
  const shown = worstFirst(nodes.data ?? []).filter((node) => textOf(node).includes(search));
  const add = (
    <Button tone="primary" icon="plus" onClick={() => setJoining(true)}>
      {t("add")}
    </Button>
  );
  return (
    <>
      <PageHeader
        title={t("title")}
        description={t("description")}
        actions={
          <>
            <LinkButton href="/node-access" icon="secrets">
              {access("manage")}
            </LinkButton>
            {add}
          </>
        }
      />
      {nodes.isPending && <SkeletonRows />}
      {nodes.data?.length === 0 && (
        <EmptyState icon="nodes" title={t("none.title")} action={add}>
          {t("none.text")}
        </EmptyState>
      )}
      {nodes.data !== undefined && nodes.data.length > 0 && (
        <>
          <div className="max-w-sm px-6 pb-3 max-sm:px-4">
            <SearchInput
              label={t("search")}
              value={read("q") ?? ""}
              onChange={(event) => write({ q: event.target.value })}
            />
          </div>
          <NodeTable nodes={shown} loads={loads} />
        </>
      )}
      <div className="mt-8" />
      <GroupsPanel />
      <JoinDialog open={joining} onOpenChange={setJoining} />
    </>
  );
}

/** What of a node's traffic is out of the ordinary. */
function trafficOf({ channel }: NodeState): "draining" | "stopped" | undefined {
  if (channel?.status.listenersStopped) return "stopped";
  return channel?.status.healthCheckFailed ? "draining" : undefined;
}

function textOf(node: NodeState): string {
  const labels = Object.entries(node.labels).map(([key, value]) => `${key}=${value}`);
  return [node.id, node.group, node.cluster, node.product, node.productVersion, ...labels]
    .join(" ")
    .toLowerCase();
}

function useLoads(): ReadonlyMap<string, ScopeFigures> {
  const trpc = useTRPC();
  const { data } = useSubscription(trpc.telemetry.overview.subscriptionOptions(undefined));
  const rows = data?.data.nodes;
  return useMemo(() => new Map((rows ?? []).map((row) => [row.name, row])), [rows]);
}

function NodeTable({
  nodes,
  loads,
}: {
  readonly nodes: readonly NodeState[];
  readonly loads: ReadonlyMap<string, ScopeFigures>;
}) {
  const t = useTranslations("nodes");
  const quantity = useQuantity();
  const hrefOf = (node: NodeState): string => `/nodes/${encodeURIComponent(node.id)}`;
  const columns: readonly Column<NodeState>[] = [
    {
      id: "node",
      header: t("columns.node"),
      cell: (node) => {
        const traffic = trafficOf(node);
        return (
          <span className="flex flex-col">
            <Link href={hrefOf(node)} className="font-medium wrap-anywhere hover:underline">
              {node.id}
            </Link>
            <StatusDot tone={node.connected ? "ok" : "warn"}>
              <span className="text-xs text-muted">
                {node.connected ? t("connected") : t("disconnected")} · <RelativeTime at={node.since} />
                {traffic && ` · ${t(`controls.states.${traffic}`)}`}
              </span>
            </StatusDot>
          </span>
        );
      },
    },
    {
      id: "state",
      header: t("columns.state"),
      cell: (node) => {
        const words = node.types.find(
          (type) => type.refusal !== undefined && type.state === "refused",
        )?.refusal;
        return (
          <span className="flex max-w-80 flex-col">
            <SyncBadge state={node.sync} />
            {words && (
              <span className="truncate font-mono text-xs text-bad" title={words.message}>
                {words.message}
              </span>
            )}
          </span>
        );
      },
    },
    { id: "version", header: t("columns.version"), cell: (node) => <NodeVersion node={node} /> },
    { id: "group", header: t("columns.group"), secondary: true, cell: (node) => node.group },
    {
      id: "product",
      header: t("columns.product"),
      secondary: true,
      cell: (node) => `${t(`products.${node.product}`)} ${node.productVersion}`,
    },
    {
      id: "labels",
      header: t("columns.labels"),
      secondary: true,
      cell: (node) => (
        <span className="flex flex-wrap gap-1">
          {Object.entries(node.labels).map(([key, value]) => (
            <Badge key={key}>
              {key}={value}
            </Badge>
          ))}
        </span>
      ),
    },
    {
      id: "rate",
      header: t("columns.rate"),
      align: "right",
      cell: (node) => quantity(loads.get(node.id)?.summary.requestsPerSecond, "perSecond"),
    },
    {
      id: "connections",
      header: t("columns.connections"),
      align: "right",
      secondary: true,
      cell: (node) => quantity(loads.get(node.id)?.summary.connectionsActive, "count"),
    },
  ];
  return (
    <Table
      label={t("title")}
      columns={columns}
      rows={nodes}
      rowKey={(node) => node.id}
      rowHref={hrefOf}
      empty={<p className="px-6 py-8 text-center text-sm text-muted">{t("noMatch")}</p>}
    />
  );
}
