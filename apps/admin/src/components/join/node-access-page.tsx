"use client";

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { AuthorityPanel } from "./authority-panel.tsx";
import { CertificateTable } from "./certificate-table.tsx";
import { TokenTable } from "./token-table.tsx";

/** Who may become a node, and who is one. */
export function NodeAccessPage() {
  const t = useTranslations("join");
  const trpc = useTRPC();
  const tokens = useQuery(trpc.join.tokens.queryOptions());
  const certificates = useQuery(trpc.join.certificates.queryOptions());
  const authority = useQuery(trpc.join.authority.queryOptions());
  const error = tokens.error ?? certificates.error ?? authority.error;
  return (
    <>
      <PageHeader
        title={t("title")}
        description={t("description")}
        back={{ href: "/nodes", label: t("back") }}
      />
      {error && (
        <div className="px-6 pb-4">
          <Notice tone="bad">{error.message}</Notice>
        </div>
      )}
      <div className="flex flex-col gap-8 pb-10">
        <Section title={t("certificates")} empty={certificates.data?.length === 0 && t("noCertificates")}>
          {certificates.data ? <CertificateTable certificates={certificates.data} /> : <SkeletonRows />}
        </Section>
        <Section title={t("tokens")} empty={tokens.data?.length === 0 && t("noTokens")}>
          {tokens.data ? <TokenTable tokens={tokens.data} /> : <SkeletonRows />}
        </Section>
        <Section title={t("authority.title")} empty={false}>
          {authority.data ? <AuthorityPanel status={authority.data} /> : <SkeletonRows />}
        </Section>
      </div>
    </>
  );
}

function Section({
  title,
  empty,
  children,
}: {
  readonly title: string;
  /** Said instead of the children. */
  readonly empty: string | false;
  readonly children: ReactNode;
}) {
  return (
    <section aria-label={title}>
      <h2 className="px-6 pb-1 text-sm font-semibold max-sm:px-4">{title}</h2>
      {empty === false ? children : <p className="px-6 py-3 text-sm text-muted max-sm:px-4">{empty}</p>}
    </section>
  );
}
