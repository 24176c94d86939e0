const PAGE = 10;

/**
 * Where the cross-hair of a chart of `count` points goes on a key: an index, `none` when it is taken away, undefined for a key
 * that is not its own. Without a cross-hair the first arrow puts it at the newest point.
 */
export function cursorAfterKey(
  key: string,
  cursor: number | undefined,
  count: number,
): number | "none" | undefined {
  if (count === 0) return undefined;
  const last = count - 1;
  const moved = (by: number): number =>
    cursor === undefined ? last : Math.max(0, Math.min(last, cursor + by));
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return moved(-1);
    case "ArrowRight":
    case "ArrowUp":
      return moved(1);
    case "PageDown":
      return moved(-PAGE);
    case "PageUp":
      return moved(PAGE);
    case "Home":
      return 0;
    case "End":
      return last;
    case "Escape":
      return cursor === undefined ? undefined : "none";
    default:
      return undefined;
  }
}
