import type { NodeState } from "@sluice/config";
import { useTranslations } from "use-intl";

/** The version that a node runs, and the one that it should where they differ. */
export function NodeVersion({ node }: { readonly node: NodeState }) {
  const t = useTranslations("nodes");
  const { targetVersion: target, effectiveVersion: effective } = node;
  const differs = target !== undefined && effective !== target;
  return <span className={`tabular ${differs ? "text-warn" : ""}`}>{words()}</span>;

  function words(): string {
    if (target === undefined) return t("versionNothing");
    if (effective === undefined) return t("versionNone", { target });
    return effective === target ? t("versionIs", { effective }) : t("versionOf", { effective, target });
  }
}
