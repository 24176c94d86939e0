"use client";

import type { Certificate, ResourceRef } from "@sluice/config";
import { useQuery } from "@tanstack/react-query";
import { useFormatter, useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { resourceHref } from "../resource/resource-href.ts";
import { Badge } from "../ui/badge.tsx";
import { LinkButton } from "../ui/button.tsx";
import { ListSection } from "../ui/list-section.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { SubjectProblem } from "../ui/query-problem.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { CertificateState } from "./certificate-state.tsx";
import { NodeTable, UseTable } from "./certificate-tables.tsx";
import { DaysLeft } from "./days-left.tsx";
import { ManagedPanel } from "./managed-panel.tsx";

const ASK_AGAIN_MS = 5_000;

/** What one resource's certificates say, who uses them and where they work. */
export function CertificateDetail({ kind, name }: ResourceRef) {
  const t = useTranslations("certificates");
  const trpc = useTRPC();
  const certificates = useQuery(
    trpc.certificate.get.queryOptions({ kind, name }, { refetchInterval: ASK_AGAIN_MS }),
  );
  const { data, error } = certificates;
  const automatic = data?.some((certificate) => certificate.automatic !== undefined) ?? false;
  return (
    <>
      <PageHeader
        title={automatic ? (data?.[0]?.facts?.names.join(", ") ?? name) : name}
        back={{ href: "/certificates", label: t("back") }}
        actions={
          data &&
          !automatic && (
            <LinkButton href={resourceHref({ kind, name })} icon="edit">
              {t("detail.edit")}
            </LinkButton>
          )
        }
      />
      {data === undefined && !error && <SkeletonRows />}
      {error && <SubjectProblem query={certificates} icon="certificates" missing={t("detail.missing")} />}
      <div className="flex flex-col gap-8 pb-10">
        {automatic && <ManagedPanel name={name} />}
        {data?.map((certificate) => (
          <OneCertificate key={`${certificate.stage} ${certificate.path}`} certificate={certificate} />
        ))}
      </div>
    </>
  );
}

function OneCertificate({ certificate }: { readonly certificate: Certificate }) {
  const t = useTranslations("certificates");
  const { facts, problems, stage, uses, nodes, path, daysLeft } = certificate;
  return (
    <article className="flex flex-col gap-6" aria-label={`${t(`stages.${stage}`)} ${path}`}>
      <div className="flex flex-wrap items-center gap-3 px-6 max-sm:px-4">
        <Badge tone={stage === "live" ? "ok" : "info"}>{t(`stages.${stage}`)}</Badge>
        <CertificateState problems={problems} />
        <DaysLeft days={daysLeft} />
        <span className="font-mono text-xs wrap-anywhere text-faint">{path}</span>
      </div>
      {problems.map(({ code, message, severity }) => (
        <div key={`${code} ${message}`} className="px-6 max-sm:px-4">
          <Notice tone={severity === "error" ? "bad" : "warn"}>{message}</Notice>
        </div>
      ))}
      {facts ? <Facts facts={facts} /> : <p className="px-6 text-sm text-muted max-sm:px-4">{t("inFile")}</p>}
      <ListSection title={t("detail.uses")} empty={uses.length === 0 && t("detail.unused")}>
        <UseTable uses={uses} />
      </ListSection>
      <ListSection
        title={t("detail.nodes")}
        empty={stage === "draft" ? t("detail.notLive") : nodes.length === 0 && t("detail.noNodes")}
      >
        <NodeTable nodes={nodes} />
      </ListSection>
    </article>
  );
}

function Facts({ facts }: { readonly facts: NonNullable<Certificate["facts"]> }) {
  const t = useTranslations("certificates.detail");
  const format = useFormatter();
  const exact = (at: Date) => format.dateTime(at, { dateStyle: "medium", timeStyle: "long" });
  const rows: readonly (readonly [string, string])[] = [
    [t("subject"), facts.subject],
    [t("names"), facts.names.join(", ")],
    [t("issuer"), facts.issuer],
    [t("validFrom"), exact(facts.notBefore)],
    [t("validTo"), exact(facts.notAfter)],
    [t("key"), facts.keyType],
    [t("serial"), facts.serial],
    [t("fingerprint"), facts.fingerprint],
  ];
  return (
    <>
      <ListSection title={t("about")} empty={false}>
        <dl className="grid gap-x-6 gap-y-1 px-6 pt-1 text-sm max-sm:px-4 sm:grid-cols-[10rem_minmax(0,1fr)]">
          {rows.map(([label, value]) => (
            <div key={label} className="contents">
              <dt className="text-muted">{label}</dt>
              <dd className="wrap-anywhere tabular max-sm:pb-2">{value || "–"}</dd>
            </div>
          ))}
        </dl>
      </ListSection>
      <ListSection title={t("chain")} empty={false}>
        <p className="px-6 pb-2 text-xs text-muted max-sm:px-4">{t("chainHint")}</p>
        <ol className="flex flex-col gap-1 px-6 text-sm max-sm:px-4">
          {facts.chain.map((link, index) => (
            <li key={`${link.subject} ${link.notAfter.toISOString()}`} className="wrap-anywhere">
              <span className="tabular text-faint">{index + 1}. </span>
              {link.subject || "–"} <span className="text-muted">· {exact(link.notAfter)}</span>
            </li>
          ))}
        </ol>
      </ListSection>
    </>
  );
}
