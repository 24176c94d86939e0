"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { ListSection } from "../ui/list-section.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
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
  const failed = [tokens, certificates, authority].find(({ error }) => error !== null);
  return (
    <>
      <PageHeader
        title={t("title")}
        description={t("description")}
        back={{ href: "/nodes", label: t("back") }}
      />
      {failed && <QueryProblem query={failed} padded />}
      <div className="flex flex-col gap-8 pb-10">
        <ListSection title={t("certificates")} empty={certificates.data?.length === 0 && t("noCertificates")}>
          {certificates.data ? <CertificateTable certificates={certificates.data} /> : <SkeletonRows />}
        </ListSection>
        <ListSection title={t("tokens")} empty={tokens.data?.length === 0 && t("noTokens")}>
          {tokens.data ? <TokenTable tokens={tokens.data} /> : <SkeletonRows />}
        </ListSection>
        <ListSection title={t("authority.title")} empty={false}>
          {authority.data ? <AuthorityPanel status={authority.data} /> : <SkeletonRows />}
        </ListSection>
      </div>
    </>
  );
}
