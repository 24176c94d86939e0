import type { NodeState } from "@sluice/config";
import Link from "next/link";
import { useTranslations } from "use-intl";
import { SyncBadge } from "../nodes/sync-badge.tsx";
import { worstFirst } from "../nodes/worst-first.ts";

const SHOWN_MAX = 6;

/** Which nodes run what they should; those that do not come first. */
export function SyncSummary({ nodes }: { readonly nodes: readonly NodeState[] }) {
  const t = useTranslations("overview");
  const inSync = nodes.filter((node) => node.sync === "effective").length;
  return (
    <section aria-label={t("sync.heading")}>
      <h2 className="mb-2 flex items-baseline justify-between text-sm font-semibold">
        {t("sync.heading")}
        <Link href="/nodes" className="tabular text-xs font-normal text-muted hover:text-ink">
          {t("sync.count", { inSync, total: nodes.length })}
        </Link>
      </h2>
      {nodes.length === 0 ? (
        <p className="text-sm text-muted">
          {t("sync.none")}{" "}
          <Link href="/nodes" className="text-accent underline underline-offset-2">
            {t("sync.add")}
          </Link>
        </p>
      ) : (
        <ul className="divide-y divide-line rounded-lg border border-line">
          {worstFirst(nodes)
            .slice(0, SHOWN_MAX)
            .map((node) => (
              <li key={node.id}>
                <Link
                  href={`/nodes/${encodeURIComponent(node.id)}`}
                  className="flex min-h-9 items-center justify-between gap-3 px-3 py-1 text-sm hover:bg-hover"
                >
                  <span className="truncate font-medium">{node.id}</span>
                  <SyncBadge state={node.sync} />
                </Link>
              </li>
            ))}
        </ul>
      )}
    </section>
  );
}
