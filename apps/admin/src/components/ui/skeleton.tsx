import { useTranslations } from "use-intl";

/** Holds the place of rows that are on their way. */
export function SkeletonRows({ rows = 5 }: { readonly rows?: number }) {
  const t = useTranslations("common");
  return (
    <div role="status" aria-label={t("loading")} className="flex flex-col gap-2 px-6 py-4 max-sm:px-4">
      {Array.from({ length: rows }, (_, index) => index).map((index) => (
        <div key={index} className="h-8 animate-pulse rounded-md bg-hover" />
      ))}
    </div>
  );
}
