import type { Version } from "@sluice/config";
import Link from "next/link";
import { useTranslations } from "use-intl";
import { Badge } from "../../../components/ui/badge.tsx";
import { RelativeTime } from "../../../components/ui/relative-time.tsx";

/** What changed last, and who did it. */
export function LastChanges({ versions }: { readonly versions: readonly Version[] }) {
  const t = useTranslations("overview");
  return (
    <section aria-label={t("changes.heading")}>
      <h2 className="mb-2 flex items-baseline justify-between text-sm font-semibold">
        {t("changes.heading")}
        <Link href="/versions" className="text-xs font-normal text-muted hover:text-ink">
          {t("changes.all")}
        </Link>
      </h2>
      <ol className="divide-y divide-line rounded-lg border border-line">
        {versions.map((version) => (
          <li key={version.number}>
            <Link href={`/versions/${version.number}`} className="block px-3 py-2 hover:bg-hover">
              <span className="flex items-center gap-2 text-sm">
                <span className="tabular font-medium">v{version.number}</span>
                <span className="min-w-0 flex-1 truncate">{version.message}</span>
                {version.live && <Badge tone="ok">{t("changes.live")}</Badge>}
              </span>
              <span className="text-xs text-muted">
                {version.author} · <RelativeTime at={version.createdAt} />
              </span>
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
