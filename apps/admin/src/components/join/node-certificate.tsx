"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";

/** The certificate that a node has now, in a line. */
export function NodeCertificate({ node }: { readonly node: string }) {
  const t = useTranslations("join");
  const trpc = useTRPC();
  const { data } = useQuery(trpc.join.certificates.queryOptions({ node }));
  const [newest] = data ?? [];
  if (data === undefined) return "–";
  if (newest === undefined) return t("certificateNone");
  return (
    <span>
      {t(`certificateStates.${newest.state}`)} · {t("columns.expires")}{" "}
      <RelativeTime at={newest.notAfter} ahead /> ·{" "}
      <span className="font-mono text-xs wrap-anywhere">{newest.serial}</span>
    </span>
  );
}
