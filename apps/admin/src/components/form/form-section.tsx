import type { ReactNode } from "react";

export interface FormSectionProps {
  readonly title: string;
  readonly description?: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A part of a form: what it is about on the left, its fields on the right; one below the other when narrow. */
export function FormSection({ title, description, actions, children }: FormSectionProps) {
  return (
    <section
      aria-label={title}
      className="grid gap-x-8 gap-y-3 border-b border-line py-6 last:border-b-0 lg:grid-cols-[220px_minmax(0,1fr)]"
    >
      <div>
        <h2 className="text-base font-semibold">{title}</h2>
        {description && <p className="mt-1 text-sm text-muted">{description}</p>}
        {actions && <div className="mt-3">{actions}</div>}
      </div>
      <div className="flex max-w-3xl min-w-0 flex-col gap-4">{children}</div>
    </section>
  );
}
