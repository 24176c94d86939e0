"use client";

import type { NodeState, NodeTypeState } from "@sluice/config";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "use-intl";
import { useSession } from "../../../../client/session.tsx";
import { useTRPC } from "../../../../client/trpc.tsx";
import { ClassChart, ConnectionChart } from "../../../../components/chart/traffic-charts.tsx";
import { useLiveTraffic } from "../../../../components/chart/use-traffic.ts";
import { useVersionMarkers } from "../../../../components/chart/use-version-markers.ts";
import { LabelEditor } from "../../../../components/groups/label-editor.tsx";
import { NodeCertificate } from "../../../../components/join/node-certificate.tsx";
import { NodeControls } from "../../../../components/node/node-controls.tsx";
import { Badge } from "../../../../components/ui/badge.tsx";
import { Button, LinkButton } from "../../../../components/ui/button.tsx";
import { Notice } from "../../../../components/ui/notice.tsx";
import { PageHeader } from "../../../../components/ui/page-header.tsx";
import { SubjectProblem } from "../../../../components/ui/query-problem.tsx";
import { RelativeTime } from "../../../../components/ui/relative-time.tsx";
import { SkeletonRows } from "../../../../components/ui/skeleton.tsx";
import { type Column, Table } from "../../../../components/ui/table.tsx";
import { useToast } from "../../../../components/ui/toast.tsx";
import { useRefusalToast } from "../../../../components/ui/use-refusal-toast.ts";
import { NodeVersion } from "../node-version.tsx";
import { parseLabels } from "../parse-labels.ts";
import { SyncBadge } from "../sync-badge.tsx";

export function NodePage({ id }: { readonly id: string }) {
  const t = useTranslations("nodes");
  const trpc = useTRPC();
  const query = useQuery(trpc.node.get.queryOptions({ id }, { retry: false }));
  const node = query.data;
  return (
    <>
      <PageHeader
        title={id}
        back={{ href: "/nodes", label: t("detail.back") }}
        marks={
          node && (
            <>
              <SyncBadge state={node.sync} />
              <NodeVersion node={node} />
            </>
          )
        }
        actions={
          <>
            {node?.connected && (
              <LinkButton href={`/nodes/${encodeURIComponent(id)}/config`} icon="explain">
                {t("dump.open")}
              </LinkButton>
            )}
            <LinkButton href={`/traffic?node=${encodeURIComponent(id)}`} icon="traffic">
              {t("detail.traffic")}
            </LinkButton>
            <LinkButton href={`/requests?q=${encodeURIComponent(`node:${id}`)}`} icon="requests">
              {t("detail.requests")}
            </LinkButton>
          </>
        }
      />
      {query.isPending && <SkeletonRows />}
      {query.isError && <SubjectProblem query={query} icon="nodes" missing={t("detail.missing")} />}
      {node && <NodeDetail node={node} />}
    </>
  );
}

function NodeDetail({ node }: { readonly node: NodeState }) {
  const t = useTranslations("nodes");
  const refusals = node.types.filter((type) => type.state === "refused" && type.refusal !== undefined);
  return (
    <div className="flex flex-col gap-6 pb-10">
      {refusals.map(({ kind, refusal }) => (
        <div key={kind} className="px-6 max-sm:px-4">
          <Notice tone="bad" title={t("detail.refusedTitle", { version: refusal?.version ?? 0 })}>
            <span className="font-medium">{t(`detail.types.${kind}`)}: </span>
            <span className="font-mono text-xs wrap-anywhere">{refusal?.message}</span>
          </Notice>
        </div>
      ))}
      <NodeControls node={node} />
      <section aria-label={t("detail.matrix")}>
        <h2 className="px-6 pb-1 text-sm font-semibold max-sm:px-4">{t("detail.matrix")}</h2>
        <TypeTable types={node.types} />
      </section>
      <NodeLoad id={node.id} />
      <About node={node} />
    </div>
  );
}

function TypeTable({ types }: { readonly types: readonly NodeTypeState[] }) {
  const t = useTranslations("nodes.detail");
  const version = (number: number | undefined): string => (number === undefined ? "–" : `v${number}`);
  const refuses = types.some(({ refusal }) => refusal !== undefined);
  const columns: readonly Column<NodeTypeState>[] = [
    {
      id: "type",
      header: t("type"),
      cell: (type) => <span className="font-medium">{t(`types.${type.kind}`)}</span>,
    },
    { id: "state", header: t("state"), cell: (type) => <SyncBadge state={type.state} /> },
    { id: "sent", header: t("sent"), align: "right", cell: (type) => version(type.sentVersion) },
    {
      id: "acknowledged",
      header: t("acknowledged"),
      align: "right",
      cell: (type) => version(type.acknowledgedVersion),
    },
    ...(refuses
      ? [
          {
            id: "refusal",
            header: t("refusal"),
            cell: ({ refusal }: NodeTypeState) =>
              refusal && (
                <span className="font-mono text-xs wrap-anywhere">
                  {refusal.message} (v{refusal.version}, <RelativeTime at={refusal.at} />)
                </span>
              ),
          },
        ]
      : []),
  ];
  return <Table label={t("matrix")} columns={columns} rows={types} rowKey={(type) => type.kind} />;
}

function NodeLoad({ id }: { readonly id: string }) {
  const t = useTranslations("nodes.detail");
  const traffic = useLiveTraffic({ scope: undefined, node: id }, 900);
  const shared = { ...traffic, markers: useVersionMarkers(), syncKey: "node", height: 140 };
  return (
    <section aria-label={t("load")} className="grid gap-6 px-6 max-sm:px-4 lg:grid-cols-2">
      <ClassChart {...shared} />
      <ConnectionChart {...shared} />
    </section>
  );
}

function About({ node }: { readonly node: NodeState }) {
  const t = useTranslations("nodes");
  const join = useTranslations("join");
  const { role } = useSession();
  const facts: readonly (readonly [string, string])[] = [
    [t("detail.id"), node.id],
    [t("detail.group"), node.group],
    [t("detail.cluster"), node.cluster],
    [t("detail.software"), `${t(`products.${node.product}`)} ${node.productVersion}`],
    [t("detail.address"), node.peer],
  ];
  return (
    <section aria-label={t("detail.about")} className="px-6 max-sm:px-4">
      <h2 className="pb-2 text-sm font-semibold">{t("detail.about")}</h2>
      <dl className="grid max-w-2xl grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1 text-sm">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="wrap-anywhere">{value === "" ? "–" : value}</dd>
          </div>
        ))}
        <dt className="text-muted">{t("detail.lastSeen")}</dt>
        <dd>
          <RelativeTime at={node.lastSeenAt} />
        </dd>
        {node.channel && (
          <>
            <dt className="text-muted">{t("controls.started")}</dt>
            <dd>
              <RelativeTime at={new Date(node.channel.status.startedAt)} />
            </dd>
          </>
        )}
        <dt className="text-muted">{join("certificate")}</dt>
        <dd>
          <NodeCertificate node={node.id} />
        </dd>
        <dt className="text-muted">{t("detail.labels")}</dt>
        <dd className="flex flex-wrap gap-1">
          {Object.keys(node.labels).length === 0 && t("detail.noLabels")}
          {Object.entries(node.labels).map(([key, value]) => (
            <Badge key={key}>
              {key}={value}
            </Badge>
          ))}
        </dd>
      </dl>
      {role !== "viewer" && <LabelEditor id={node.id} labels={node.operatorLabels} parse={parseLabels} />}
      {node.extensions.length > 0 && (
        <details className="mt-3 text-sm">
          <summary className="text-muted">
            {t("detail.extensions", { count: node.extensions.length })}
          </summary>
          <ul className="mt-2 columns-2 font-mono text-xs max-md:columns-1">
            {node.extensions.map((name) => (
              <li key={name} className="wrap-anywhere">
                {name}
              </li>
            ))}
          </ul>
        </details>
      )}
      {!node.connected && <ForgetNode id={node.id} />}
    </section>
  );
}

function ForgetNode({ id }: { readonly id: string }) {
  const t = useTranslations("nodes.detail");
  const trpc = useTRPC();
  const router = useRouter();
  const toast = useToast();
  const refusalToast = useRefusalToast();
  const queries = useQueryClient();
  const remove = useMutation(
    trpc.node.remove.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries({ queryKey: trpc.node.list.queryKey() });
        toast({ text: t("removed", { id }) });
        router.push("/nodes");
      },
      onError: refusalToast,
    }),
  );
  return (
    <div className="mt-6 flex flex-wrap items-center gap-3">
      <Button tone="danger" icon="trash" busy={remove.isPending} onClick={() => remove.mutate({ id })}>
        {t("remove")}
      </Button>
      <p className="text-xs text-muted">{t("removeHint")}</p>
    </div>
  );
}
