"use client";

import type { NodeCertificateState } from "@sluice/config";
import Link from "next/link";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { actionsColumn } from "../ui/actions-column.tsx";
import { Badge, StatusDot, type Tone } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { LabelBadges } from "./label-badges.tsx";
import { RevokeNodeDialog } from "./revoke-node-dialog.tsx";

const TONES: Readonly<Record<NodeCertificateState["state"], Tone>> = {
  valid: "ok",
  expired: "warn",
  revoked: "bad",
};

/** Each node's newest certificate. */
export function CertificateTable({
  certificates,
}: {
  readonly certificates: readonly NodeCertificateState[];
}) {
  const t = useTranslations("join");
  const may = useMay();
  const [revoking, setRevoking] = useState<string>();
  const columns: readonly Column<NodeCertificateState>[] = [
    {
      id: "node",
      header: t("columns.node"),
      cell: ({ node }) => (
        <Link
          href={`/nodes/${encodeURIComponent(node)}`}
          className="font-medium wrap-anywhere underline-offset-2 hover:underline"
        >
          {node}
        </Link>
      ),
    },
    {
      id: "state",
      header: t("columns.state"),
      cell: ({ state, renewed }) => (
        <span className="flex items-center gap-2">
          <StatusDot tone={TONES[state]}>
            <span className="text-xs">{t(`certificateStates.${state}`)}</span>
          </StatusDot>
          {renewed && state === "valid" && <Badge>{t("renewed")}</Badge>}
        </span>
      ),
    },
    {
      id: "serial",
      header: t("columns.serial"),
      secondary: true,
      cell: ({ serial }) => <span className="font-mono text-xs wrap-anywhere">{serial}</span>,
    },
    {
      id: "labels",
      header: t("columns.labels"),
      secondary: true,
      cell: ({ labels }) => <LabelBadges labels={labels} />,
    },
    {
      id: "issued",
      header: t("columns.issued"),
      align: "right",
      secondary: true,
      cell: ({ issuedAt }) => <RelativeTime at={issuedAt} />,
    },
    {
      id: "expires",
      header: t("columns.expires"),
      align: "right",
      cell: ({ notAfter }) => <RelativeTime at={notAfter} ahead />,
    },
    {
      ...actionsColumn(t("columns.actions")),
      cell: ({ node, state }) =>
        may("node.enroll") &&
        state === "valid" && (
          <Button size="sm" onClick={() => setRevoking(node)}>
            {t("revokeNode")}
          </Button>
        ),
    },
  ];
  return (
    <>
      <Table
        label={t("certificates")}
        columns={columns}
        rows={certificates}
        rowKey={({ serial }) => serial}
      />
      <RevokeNodeDialog node={revoking} onClose={() => setRevoking(undefined)} />
    </>
  );
}
