"use client";

import type { JoinTokenState } from "@sluice/config";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { actionsColumn } from "../ui/actions-column.tsx";
import { StatusDot, type Tone } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { useToast } from "../ui/toast.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";
import { LabelBadges } from "./label-badges.tsx";

const TONES: Readonly<Record<JoinTokenState["state"], Tone>> = {
  usable: "ok",
  spent: "neutral",
  expired: "warn",
  revoked: "bad",
};

/** The tokens, without their secrets: those are shown once, when they are made. */
export function TokenTable({ tokens }: { readonly tokens: readonly JoinTokenState[] }) {
  const t = useTranslations("join");
  const refusalToast = useRefusalToast();
  const trpc = useTRPC();
  const toast = useToast();
  const may = useMay();
  const revoke = useMutation(
    trpc.join.revokeToken.mutationOptions({
      onSuccess: (_, { id }) => toast({ text: t("tokenRevoked", { id }) }),
      onError: refusalToast,
    }),
  );
  const columns: readonly Column<JoinTokenState>[] = [
    {
      id: "token",
      header: t("columns.token"),
      cell: (token) => (
        <span className="flex flex-col">
          <span className="font-mono text-xs">{token.id}</span>
          {token.note !== "" && <span className="text-xs text-muted">{token.note}</span>}
        </span>
      ),
    },
    {
      id: "state",
      header: t("columns.state"),
      cell: (token) => (
        <StatusDot tone={TONES[token.state]}>
          <span className="text-xs">{t(`tokenStates.${token.state}`)}</span>
        </StatusDot>
      ),
    },
    {
      id: "node",
      header: t("columns.node"),
      cell: (token) => token.node ?? <span className="text-muted">{t("anyNode")}</span>,
    },
    {
      id: "labels",
      header: t("columns.labels"),
      secondary: true,
      cell: (token) => <LabelBadges labels={token.labels} />,
    },
    {
      id: "uses",
      header: t("columns.uses"),
      align: "right",
      cell: (token) => t("usesOf", { uses: token.uses, max: token.usesMax }),
    },
    { id: "by", header: t("columns.by"), secondary: true, cell: (token) => token.createdBy },
    {
      id: "expires",
      header: t("columns.expires"),
      align: "right",
      cell: (token) => <RelativeTime at={token.expiresAt} ahead />,
    },
    {
      ...actionsColumn(t("columns.actions")),
      cell: (token) =>
        may("node.enroll") &&
        token.state === "usable" && (
          <Button size="sm" busy={revoke.isPending} onClick={() => revoke.mutate({ id: token.id })}>
            {t("revokeToken")}
          </Button>
        ),
    },
  ];
  return <Table label={t("tokens")} columns={columns} rows={tokens} rowKey={(token) => token.id} />;
}
