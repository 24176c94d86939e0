import type { ReactNode } from "react";

/** The buttons of a form in a dialog, the main one last: at its lower edge, in sight however long the form is. */
export function DialogButtons({ children }: { readonly children: ReactNode }) {
  return (
    <div className="sticky -bottom-4 z-10 -mx-4 -mb-4 flex flex-wrap items-center justify-end gap-2 border-t border-line bg-surface px-4 py-3">
      {children}
    </div>
  );
}
