import { Icon } from "./icon.tsx";

/** Opens and closes a row of a tree with the mouse; keys do it on the row, which says its state. Without children: its place. */
export function TreeToggle({
  childCount,
  open,
  onToggle,
}: {
  readonly childCount: number;
  readonly open: boolean;
  readonly onToggle: () => void;
}) {
  if (childCount === 0) return <span className="w-6 shrink-0" />;
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-hidden="true"
      onClick={(event) => {
        event.stopPropagation();
        onToggle();
      }}
      className="flex size-6 shrink-0 items-center justify-center rounded-sm hover:bg-hover"
    >
      <Icon name={open ? "chevronDown" : "chevronRight"} size={14} />
    </button>
  );
}
