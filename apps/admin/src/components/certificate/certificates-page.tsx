"use client";

import type { Certificate } from "@sluice/config";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Badge } from "../ui/badge.tsx";
import { LinkButton } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { AutomaticCertificates } from "./automatic-certificates.tsx";
import { CertificateState } from "./certificate-state.tsx";
import { DaysLeft } from "./days-left.tsx";
import { ExpiryBanner } from "./expiry-banner.tsx";

const NAMES_SHOWN = 3;

/** Which certificates are there, and which need somebody soon? */
export function CertificatesPage() {
  const t = useTranslations("certificates");
  const trpc = useTRPC();
  const list = useQuery(trpc.certificate.list.queryOptions());
  const { data: all, error } = list;
  const data = all?.filter(({ automatic }) => automatic === undefined);
  const add = (
    <LinkButton href="/new/secrets" tone="primary" icon="plus">
      {t("add")}
    </LinkButton>
  );
  return (
    <>
      <PageHeader title={t("title")} description={t("description")} actions={all?.length ? add : undefined} />
      <ExpiryBanner link={false} />
      <QueryProblem query={list} padded />
      {data === undefined && !error && <SkeletonRows />}
      <AutomaticCertificates />
      {all?.length === 0 && (
        <EmptyState icon="certificates" title={t("empty.title")} action={add}>
          {t("empty.text")}
        </EmptyState>
      )}
      {data !== undefined && data.length > 0 && <CertificateTable certificates={data} />}
    </>
  );
}

function certificateHref({ resource: { kind, name } }: Pick<Certificate, "resource">): string {
  return `/certificates/${kind}/${encodeURIComponent(name)}`;
}

function CertificateTable({ certificates }: { readonly certificates: readonly Certificate[] }) {
  const t = useTranslations("certificates");
  const columns: readonly Column<Certificate>[] = [
    {
      id: "names",
      header: t("columns.name"),
      cell: (certificate) => (
        <Link
          href={certificateHref(certificate)}
          className="font-medium wrap-anywhere underline-offset-2 hover:underline"
        >
          <Names certificate={certificate} />
        </Link>
      ),
    },
    {
      id: "resource",
      header: t("columns.resource"),
      cell: ({ resource, stage }) => (
        <span className="flex flex-wrap items-center gap-2">
          <span className="wrap-anywhere">{resource.name}</span>
          {stage === "draft" && <Badge tone="info">{t("stages.draft")}</Badge>}
        </span>
      ),
    },
    { id: "state", header: t("columns.state"), cell: (certificate) => <CertificateState {...certificate} /> },
    {
      id: "issuer",
      header: t("columns.issuer"),
      secondary: true,
      cell: ({ facts }) => <span className="wrap-anywhere text-muted">{facts?.issuer ?? "–"}</span>,
    },
    {
      id: "uses",
      header: t("columns.uses"),
      secondary: true,
      cell: ({ uses }) => (
        <span className="wrap-anywhere">
          {[...new Set(uses.map(({ resource }) => resource.name))].join(", ") || (
            <span className="text-faint">{t("notUsed")}</span>
          )}
        </span>
      ),
    },
    {
      id: "nodes",
      header: t("columns.nodes"),
      align: "right",
      secondary: true,
      cell: ({ nodes, stage }) =>
        stage === "draft"
          ? "–"
          : t("effectiveOn", {
              count: nodes.filter(({ state }) => state === "effective").length,
              total: nodes.length,
            }),
    },
    {
      id: "expires",
      header: t("columns.expires"),
      align: "right",
      secondary: true,
      cell: ({ facts }) => (facts ? <RelativeTime at={facts.notAfter} ahead /> : "–"),
    },
    {
      id: "left",
      header: t("columns.left"),
      align: "right",
      cell: ({ daysLeft }) => <DaysLeft days={daysLeft} />,
    },
  ];
  return (
    <section className="pb-10" aria-label={t("stored")}>
      <h2 className="px-6 pb-1 text-sm font-semibold max-sm:px-4">{t("stored")}</h2>
      <Table
        label={t("list")}
        columns={columns}
        rows={certificates}
        rowKey={({ resource, path, stage }) => `${resource.kind}/${resource.name}/${path}/${stage}`}
        rowHref={certificateHref}
      />
    </section>
  );
}

function Names({ certificate: { facts } }: { readonly certificate: Certificate }) {
  const t = useTranslations("certificates");
  if (facts === undefined) return t("inFile");
  if (facts.names.length === 0) return facts.subject || t("noNames");
  const more = facts.names.length - NAMES_SHOWN;
  return `${facts.names.slice(0, NAMES_SHOWN).join(", ")}${more > 0 ? ` +${more}` : ""}`;
}
