import { Badge } from "../ui/badge.tsx";

export function LabelBadges({ labels }: { readonly labels: Readonly<Record<string, string>> }) {
  return (
    <span className="flex flex-wrap gap-1">
      {Object.entries(labels).map(([key, value]) => (
        <Badge key={key}>
          {key}={value}
        </Badge>
      ))}
    </span>
  );
}
