import type { ReactNode } from "react";

export interface ListSectionProps {
  readonly title: string;
  /** Said instead of the children. */
  readonly empty: string | false;
  readonly children: ReactNode;
}

/** One of several lists on a page, under a heading of its own. */
export function ListSection({ title, empty, children }: ListSectionProps) {
  return (
    <section aria-label={title}>
      <h2 className="px-6 pb-1 text-sm font-semibold max-sm:px-4">{title}</h2>
      {empty === false ? children : <p className="px-6 py-3 text-sm text-muted max-sm:px-4">{empty}</p>}
    </section>
  );
}
