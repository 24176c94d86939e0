"use client";

import type { ManagedCertificate } from "@sluice/config";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { useOpenFromAddress } from "../../client/use-open-from-address.ts";
import { useRefusalWords } from "../../client/use-refusal-words.ts";
import { actionsColumn } from "../ui/actions-column.tsx";
import { StatusDot } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { AuthorityDialog } from "./authority-dialog.tsx";
import { DnsProviderDialog } from "./dns-provider-dialog.tsx";
import { RequestCertificateDialog } from "./request-certificate-dialog.tsx";

function hrefOf({ name }: ManagedCertificate): string {
  return `/certificates/secrets/${encodeURIComponent(name)}`;
}

/** Certificates that get and renew themselves: how each is doing, and where they come from. */
export function AutomaticCertificates() {
  const t = useTranslations("certificates.automatic");
  const refusalWords = useRefusalWords();
  const may = useMay();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [open, setOpen] = useState<"authority" | "dns" | "request">();
  useOpenFromAddress(() => setOpen("request"));
  const { data: certificates = [] } = useQuery(
    trpc.certificate.automatic.queryOptions(undefined, { refetchInterval: 5_000 }),
  );
  const { data: authorities } = useQuery(trpc.acme.list.queryOptions());
  const renew = useMutation({
    ...trpc.certificate.renew.mutationOptions(),
    onSuccess: () => queries.invalidateQueries({ queryKey: [["certificate"]], exact: false }),
  });
  const authority = authorities?.find(({ isDefault }) => isDefault);
  const columns: readonly Column<ManagedCertificate>[] = [
    {
      id: "names",
      header: t("names"),
      cell: (certificate) => (
        <Link
          href={hrefOf(certificate)}
          className="inline-block min-w-28 font-medium break-words underline-offset-2 hover:underline"
        >
          {certificate.names.join(", ")}
        </Link>
      ),
    },
    {
      id: "state",
      header: t("state"),
      cell: ({ state, lastError }) => (
        <div className="flex flex-col gap-1 py-1">
          <StatusDot tone={lastError !== undefined ? "bad" : state === "issued" ? "ok" : "warn"}>
            <span className="text-xs">{lastError === undefined ? t(`states.${state}`) : t("failed")}</span>
          </StatusDot>
          {lastError !== undefined && <span className="text-xs break-words text-muted">{lastError}</span>}
        </div>
      ),
    },
    {
      id: "challenge",
      header: t("challenge"),
      secondary: true,
      cell: ({ challenge }) => t(`challenges.${challenge}`),
    },
    {
      id: "expires",
      header: t("expires"),
      align: "right",
      secondary: true,
      cell: ({ state, notAfter }) => (state === "issued" ? <RelativeTime at={notAfter} ahead /> : "–"),
    },
    {
      id: "next",
      header: t("next"),
      align: "right",
      secondary: true,
      cell: ({ dueAt }) => <RelativeTime at={dueAt} ahead />,
    },
    {
      ...actionsColumn(t("actions")),
      cell: ({ name }) =>
        may("secret.manage") && (
          <Button size="sm" onClick={() => renew.mutate({ name })}>
            {t("renew")}
          </Button>
        ),
    },
  ];
  return (
    <section aria-label={t("title")} className="pb-8">
      <div className="flex flex-wrap items-center justify-between gap-2 px-6 pb-2 max-sm:px-4">
        <h2 className="text-sm font-semibold">{t("title")}</h2>
        <div className="flex flex-wrap items-center gap-2 text-xs text-muted">
          {authorities && <span>{authority ? t("from", { name: authority.name }) : t("noAuthority")}</span>}
          {may("settings.manage") && (
            <>
              <Button size="sm" onClick={() => setOpen("authority")}>
                {t("authority")}
              </Button>
              <Button size="sm" onClick={() => setOpen("dns")}>
                {t("dns")}
              </Button>
            </>
          )}
          {may("secret.manage") && (
            <Button size="sm" icon="plus" onClick={() => setOpen("request")}>
              {t("request")}
            </Button>
          )}
        </div>
      </div>
      {renew.error && (
        <div className="px-6 pb-2 max-sm:px-4">
          <Notice tone="bad">{refusalWords(renew.error)}</Notice>
        </div>
      )}
      {certificates.length === 0 ? (
        <p className="px-6 text-sm text-muted max-sm:px-4">{t("none")}</p>
      ) : (
        <Table
          label={t("title")}
          columns={columns}
          rows={certificates}
          rowKey={({ name }) => name}
          rowHref={hrefOf}
        />
      )}
      <AuthorityDialog
        open={open === "authority"}
        onOpenChange={(shown) => setOpen(shown ? "authority" : undefined)}
        authority={authority}
      />
      {open === "dns" && <DnsProviderDialog onClose={() => setOpen(undefined)} />}
      {open === "request" && (
        <RequestCertificateDialog names={undefined} choice={undefined} onClose={() => setOpen(undefined)} />
      )}
    </section>
  );
}
