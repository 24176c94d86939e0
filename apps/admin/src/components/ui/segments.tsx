import { classes } from "./classes.ts";

export interface Segment {
  readonly id: string;
  readonly label: string;
}

export interface SegmentsProps {
  /** What is chosen here; read before the choices. */
  readonly label: string;
  readonly segments: readonly Segment[];
  readonly value: string;
  readonly onChange: (id: string) => void;
}

/** One of a few ways to look at the same thing, all in sight. What leads to another page is a tab instead. */
export function Segments({ label, segments, value, onChange }: SegmentsProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot lay its children out in a row everywhere
    <div role="group" aria-label={label} className="inline-flex shrink-0">
      {segments.map((segment) => (
        <button
          key={segment.id}
          type="button"
          aria-pressed={segment.id === value}
          onClick={() => onChange(segment.id)}
          className={classes(
            "h-8 border-y border-r border-line-strong px-3 text-xs font-medium whitespace-nowrap first:rounded-l-md first:border-l last:rounded-r-md focus-visible:z-10",
            segment.id === value ? "bg-accent-soft text-accent" : "text-muted hover:bg-hover hover:text-ink",
          )}
        >
          {segment.label}
        </button>
      ))}
    </div>
  );
}
