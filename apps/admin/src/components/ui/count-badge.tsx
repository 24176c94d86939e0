import { Badge, type Tone } from "./badge.tsx";

export interface CountBadgeProps {
  readonly count: number;
  readonly tone: Tone;
  /** The number in words, for who does not see it. */
  readonly text: string;
}

/** How many of something ask for attention, beside the link that leads there; nothing where none does. */
export function CountBadge({ count, tone, text }: CountBadgeProps) {
  if (count === 0) return null;
  return (
    <Badge tone={tone}>
      <span aria-hidden="true" className="tabular">
        {count}
      </span>
      <span className="sr-only">{text}</span>
    </Badge>
  );
}
