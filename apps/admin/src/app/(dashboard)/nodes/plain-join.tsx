"use client";

import { renderBootstrap } from "@sluice/control/bootstrap";
import { useTranslations } from "use-intl";
import { CodeBlock } from "../../../components/ui/copy-button.tsx";
import type { JoinForm } from "./join-form.ts";

/** The bootstrap of a node on the control plane's machine. */
export function PlainJoin({ form }: { readonly form: JoinForm }) {
  const t = useTranslations("nodes.join");
  const bootstrap = renderBootstrap({
    product: form.product,
    nodeId: form.nodeId,
    nodeCluster: form.cluster,
    controlHost: form.host,
    controlPort: form.controlPort,
    adminPort: form.adminPort,
    labels: form.labels,
  });
  const start =
    form.product === "envoy" ? "envoy -c bootstrap.yaml" : "npm run -s proxy -- -c bootstrap.yaml";
  return (
    <div className="mt-5 flex flex-col gap-2">
      <h3 className="text-sm font-semibold">{t("file")}</h3>
      <CodeBlock code={bootstrap} label={t("file")} />
      <p className="text-sm text-muted">{t("then")}</p>
      <CodeBlock code={start} label={t("then")} />
    </div>
  );
}
