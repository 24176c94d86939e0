import { useTranslations } from "use-intl";

export interface SkeletonRowsProps {
  readonly rows?: number;
  /** What is around them has the page's edges already. */
  readonly bare?: boolean;
}

/** Holds the place of rows that are on their way. */
export function SkeletonRows({ rows = 5, bare = false }: SkeletonRowsProps) {
  const t = useTranslations("common");
  return (
    <div
      role="status"
      aria-label={t("loading")}
      className={`flex flex-col gap-2 py-4 ${bare ? "" : "px-6 max-sm:px-4"}`}
    >
      {Array.from({ length: rows }, (_, index) => index).map((index) => (
        <div key={index} className="h-8 animate-pulse rounded-md bg-hover" />
      ))}
    </div>
  );
}
