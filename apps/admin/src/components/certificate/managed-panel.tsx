"use client";

import type { ManagedCertificate } from "@sluice/config";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { ListSection } from "../ui/list-section.tsx";
import { Notice } from "../ui/notice.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { TypeNameDialog } from "../ui/type-name-dialog.tsx";
import { RequestCertificateDialog } from "./request-certificate-dialog.tsx";

/** How a certificate that renews itself is got, how that goes, and what can be done about it. */
export function ManagedPanel({ name }: { readonly name: string }) {
  const t = useTranslations("certificates");
  const trpc = useTRPC();
  const { data } = useQuery(trpc.certificate.automatic.queryOptions(undefined, { refetchInterval: 5_000 }));
  const managed = data?.find((each) => each.name === name);
  if (managed === undefined) return null;
  return (
    <ListSection title={t("managed.title")} empty={false}>
      <div className="flex flex-col gap-4 px-6 pt-1 max-sm:px-4">
        {managed.lastError !== undefined && (
          <Notice tone="bad" title={t("automatic.failed")}>
            {managed.lastError}
          </Notice>
        )}
        <Choice managed={managed} />
        <Actions managed={managed} />
      </div>
    </ListSection>
  );
}

function Choice({ managed }: { readonly managed: ManagedCertificate }) {
  const t = useTranslations("certificates");
  const { challenge, choice, authority, dueAt, triedAt } = managed;
  const rows = [
    [t("managed.challenge"), t(`request.types.${challenge}`)],
    [t("request.authority"), choice.authority ?? authority ?? t("managed.default")],
    ...(challenge === "dns-01"
      ? [[t("request.provider"), choice.dnsProvider ?? t("managed.default")] as const]
      : []),
    ...(challenge === "tls-alpn-01" && choice.listener !== undefined
      ? [[t("request.listener"), choice.listener] as const]
      : []),
    [t("request.keyType"), t(`request.keyTypes.${choice.keyType}`)],
    [t("automatic.next"), <RelativeTime key="due" at={dueAt} ahead />],
    [t("managed.tried"), triedAt === undefined ? "–" : <RelativeTime key="tried" at={triedAt} />],
  ] as const;
  return (
    <dl className="grid gap-x-6 gap-y-1 text-sm sm:grid-cols-[10rem_minmax(0,1fr)]">
      {rows.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-muted">{label}</dt>
          <dd className="wrap-anywhere max-sm:pb-2">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Actions({ managed: { name, names, choice } }: { readonly managed: ManagedCertificate }) {
  const t = useTranslations("certificates");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const may = useMay();
  const [open, setOpen] = useState<"change" | "remove">();
  const again = () => queries.invalidateQueries({ queryKey: [["certificate"]], exact: false });
  const renew = useMutation({ ...trpc.certificate.renew.mutationOptions(), onSuccess: again });
  const remove = useMutation({
    ...trpc.certificate.remove.mutationOptions(),
    onSuccess: async () => {
      router.push("/certificates");
      await again();
    },
  });
  if (!may("secret.manage")) return null;
  return (
    <div className="flex flex-wrap gap-2">
      <Button busy={renew.isPending} onClick={() => renew.mutate({ name })}>
        {t("automatic.renew")}
      </Button>
      <Button onClick={() => setOpen("change")}>{t("managed.change")}</Button>
      <Button tone="danger" onClick={() => setOpen("remove")}>
        {t("managed.remove")}
      </Button>
      <RefusalNotice error={renew.error} />
      {open === "change" && (
        <RequestCertificateDialog names={names} choice={choice} onClose={() => setOpen(undefined)} />
      )}
      <TypeNameDialog
        name={open === "remove" ? (names[0] ?? name) : undefined}
        title={t("managed.removeTitle")}
        hint={t("managed.removeText")}
        label={t("managed.removeLabel", { name: names[0] ?? name })}
        action={t("managed.remove")}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ name })}
        onClose={() => setOpen(undefined)}
      />
    </div>
  );
}
