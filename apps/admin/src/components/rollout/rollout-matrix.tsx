"use client";

import { RESOURCE_KINDS } from "@sluice/config/contract";
import Link from "next/link";
import { useTranslations } from "use-intl";
import { SyncBadge } from "../../app/(dashboard)/nodes/sync-badge.tsx";
import type { RolloutStatus } from "../resource/config-types.ts";
import { Badge, StatusDot } from "../ui/badge.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { useReasonWords } from "./reason-words.ts";

type Node = RolloutStatus["nodes"][number];

const PROBE_TONES = { waiting: "neutral", passed: "ok", failed: "bad" } as const;
const NODES_SHOWN = 300;
/** The worst first: that is what one looks for. */
const ORDER = ["refused", "disconnected", "pending", "sent", "acknowledged", "effective"];

/** Every node of the group against every kind of resource, towards the version that the node should run now. */
export function RolloutMatrix({ status }: { readonly status: RolloutStatus }) {
  const t = useTranslations("rollout.matrix");
  const kinds = useTranslations("config.kinds");
  const words = useReasonWords();
  const nodes = status.nodes.toSorted(
    (a, b) =>
      Number(b.selected) - Number(a.selected) ||
      ORDER.indexOf(a.sync) - ORDER.indexOf(b.sync) ||
      (a.id < b.id ? -1 : 1),
  );
  const probeColumn: Column<Node> = {
    id: "probe",
    header: t("probe"),
    cell: ({ probe }) =>
      probe === undefined ? (
        "–"
      ) : (
        <span title={words(probe.words, probe.reason) || undefined}>
          <StatusDot tone={PROBE_TONES[probe.state]}>{t(`probes.${probe.state}`)}</StatusDot>
        </span>
      ),
  };
  const columns: readonly Column<Node>[] = [
    {
      id: "node",
      header: t("node"),
      cell: (node) => (
        <span className="flex flex-wrap items-center gap-2">
          <Link
            href={`/nodes/${encodeURIComponent(node.id)}`}
            className="font-medium wrap-anywhere hover:underline"
          >
            {node.id}
          </Link>
          {node.selected && <Badge tone="accent">{t("selected")}</Badge>}
        </span>
      ),
    },
    {
      id: "target",
      header: t("target"),
      align: "right",
      cell: (node) => <span className="tabular">{nameOf(node.targetVersion)}</span>,
    },
    {
      id: "runs",
      header: t("runs"),
      align: "right",
      cell: (node) => <span className="tabular">{nameOf(node.effectiveVersion)}</span>,
    },
    ...RESOURCE_KINDS.map(
      (kind): Column<Node> => ({
        id: kind,
        header: kinds(`${kind}.title`),
        secondary: true,
        cell: (node) => <SyncBadge state={node.kinds.find((one) => one.kind === kind)?.state ?? "pending"} />,
      }),
    ),
    ...(status.nodes.some(({ probe }) => probe !== undefined) ? [probeColumn] : []),
    {
      id: "words",
      header: t("words"),
      className: "max-w-80",
      cell: (node) => {
        const words = node.behind.find(({ message }) => message !== undefined)?.message;
        return words === undefined ? (
          <span className="sm:sr-only">
            <SyncBadge state={node.sync} />
          </span>
        ) : (
          <span className="block truncate font-mono text-xs text-bad" title={words}>
            {words}
          </span>
        );
      },
    },
  ];
  return (
    <section aria-label={t("title")}>
      <h2 className="px-6 pb-1 text-sm font-semibold max-sm:px-4">{t("title")}</h2>
      <Table
        label={t("title")}
        columns={columns}
        rows={nodes.slice(0, NODES_SHOWN)}
        rowKey={(node) => node.id}
        rowHref={(node) => `/nodes/${encodeURIComponent(node.id)}`}
        empty={<p className="px-6 py-4 text-sm text-muted max-sm:px-4">{t("none")}</p>}
      />
      {nodes.length > NODES_SHOWN && (
        <p className="px-6 pt-2 text-xs text-muted">{t("more", { count: nodes.length - NODES_SHOWN })}</p>
      )}
    </section>
  );
}

function nameOf(version: number | undefined): string {
  return version === undefined ? "–" : `v${version}`;
}
