"use client";

import type { NodeState } from "@sluice/config/contract";
import { useTranslations } from "use-intl";
import { CodeBlock } from "../ui/copy-button.tsx";
import { Notice } from "../ui/notice.tsx";

const COMMANDS = `# drain, resume
curl -X POST http://127.0.0.1:9901/healthcheck/fail
curl -X POST http://127.0.0.1:9901/healthcheck/ok
# close the listeners after the drain time
curl -X POST "http://127.0.0.1:9901/drain_listeners?graceful"
# log level
curl -X POST "http://127.0.0.1:9901/logging?level=debug"`;

/** A node that takes no orders: what to run on its machine instead. */
export function NoChannel({ product }: { readonly product: NodeState["product"] }) {
  const t = useTranslations("nodes.controls");
  return (
    <div className="flex max-w-3xl flex-col gap-2">
      <Notice tone="info">{t(product === "sluice" ? "noChannelSluice" : "noChannelEnvoy")}</Notice>
      <CodeBlock code={COMMANDS} label={t("commands")} />
    </div>
  );
}
