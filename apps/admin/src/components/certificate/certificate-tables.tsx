import type { CertificateNode, CertificateUse } from "@sluice/config";
import Link from "next/link";
import { useTranslations } from "use-intl";
import { resourceHref } from "../resource/resource-href.ts";
import { StatusDot, type Tone } from "../ui/badge.tsx";
import { type Column, Table } from "../ui/table.tsx";

const LINK = "font-medium wrap-anywhere underline-offset-2 hover:underline";

/** Where it is served: listener, filter chain and server names. */
export function UseTable({ uses }: { readonly uses: readonly CertificateUse[] }) {
  const t = useTranslations("certificates.detail");
  const columns: readonly Column<CertificateUse>[] = [
    {
      id: "resource",
      header: t("resource"),
      cell: ({ resource }) => (
        <Link href={resourceHref(resource)} className={LINK}>
          {resource.name}
        </Link>
      ),
    },
    {
      id: "chain",
      header: t("filterChain"),
      cell: ({ filterChain }) => <span className="font-mono text-xs">{filterChain ?? "–"}</span>,
    },
    {
      id: "names",
      header: t("serverNames"),
      cell: ({ serverNames }) => (
        <span className="wrap-anywhere">{serverNames.join(", ") || t("anyName")}</span>
      ),
    },
  ];
  return (
    <Table
      label={t("uses")}
      columns={columns}
      rows={uses}
      rowKey={({ resource, filterChain }) => `${resource.kind}/${resource.name}/${filterChain}`}
    />
  );
}

const TONES: Readonly<Record<CertificateNode["state"], Tone>> = {
  effective: "ok",
  other: "warn",
  none: "neutral",
};

/** On which nodes it is at work. */
export function NodeTable({ nodes }: { readonly nodes: readonly CertificateNode[] }) {
  const t = useTranslations("certificates");
  const columns: readonly Column<CertificateNode>[] = [
    {
      id: "node",
      header: t("detail.node"),
      cell: ({ id }) => (
        <Link href={`/nodes/${encodeURIComponent(id)}`} className={LINK}>
          {id}
        </Link>
      ),
    },
    {
      id: "state",
      header: t("detail.state"),
      cell: ({ state }) => (
        <StatusDot tone={TONES[state]}>
          <span className="text-xs">{t(`nodeStates.${state}`)}</span>
        </StatusDot>
      ),
    },
  ];
  return <Table label={t("detail.nodes")} columns={columns} rows={nodes} rowKey={({ id }) => id} />;
}
