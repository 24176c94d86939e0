"use client";

import { type DragEvent, type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { IconButton } from "../ui/button.tsx";
import { classes } from "../ui/classes.ts";
import { Icon } from "../ui/icon.tsx";
import { type FormList, useForm } from "./form-context.tsx";

export interface OrderedListProps {
  readonly list: FormList;
  /** What it lists; its accessible name. */
  readonly label: string;
  readonly title: (item: unknown, index: number) => ReactNode;
  /** For buttons: `Remove {name}`. */
  readonly nameOf: (item: unknown, index: number) => string;
  /** The item's fields; the item then opens and closes. */
  readonly body?: (item: unknown, index: number) => ReactNode;
  /** Something is wrong inside: shown while it is closed. */
  readonly mark?: (item: unknown, index: number) => ReactNode;
  readonly empty: string;
}

/**
 * Items whose order counts. Moved by their handle with the mouse, by Alt+Up and Alt+Down, or by the buttons; the move is
 * read out.
 */
export function OrderedList({ list, label, title, nameOf, body, mark, empty }: OrderedListProps) {
  const t = useTranslations("config");
  const root = useRef<HTMLOListElement>(null);
  const { at } = useForm();
  const [open, setOpen] = useState<number | undefined>(() => indexIn(list.path, at));
  const [dragged, setDragged] = useState<number>();
  const [over, setOver] = useState<number>();
  const [said, setSaid] = useState("");

  function move(from: number, to: number): void {
    if (to < 0 || to >= list.items.length || from === to) return;
    const name = nameOf(list.items[from], from);
    list.move(from, to);
    setOpen((now) => (now === from ? to : now === to ? from : now));
    setSaid(t("movedTo", { name, position: to + 1 }));
    requestAnimationFrame(() =>
      root.current?.querySelectorAll<HTMLElement>(":scope > li > div > button")[to]?.focus(),
    );
  }

  function onKeyDown(event: KeyboardEvent, index: number): void {
    if (!event.altKey || list.readOnly) return;
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      event.stopPropagation();
      move(index, index + (event.key === "ArrowUp" ? -1 : 1));
    }
  }

  function onDrop(event: DragEvent, to: number): void {
    event.preventDefault();
    if (dragged !== undefined) move(dragged, to);
    setDragged(undefined);
    setOver(undefined);
  }

  if (list.items.length === 0) return <p className="text-sm text-faint">{empty}</p>;
  return (
    <>
      <ol ref={root} aria-label={label} className="rounded-lg border border-line">
        {list.items.map((item, index) => {
          const name = nameOf(item, index);
          const expanded = open === index;
          return (
            <li
              // Items have no identity of their own; moving one moves its open state by hand.
              // biome-ignore lint/suspicious/noArrayIndexKey: see above
              key={index}
              onKeyDown={(event) => onKeyDown(event, index)}
              onDragOver={(event) => {
                if (dragged === undefined) return;
                event.preventDefault();
                setOver(index);
              }}
              onDrop={(event) => onDrop(event, index)}
              className={classes(
                "border-b border-line last:border-b-0",
                over === index && dragged !== undefined && "bg-accent-soft",
                dragged === index && "opacity-50",
              )}
            >
              <div className="flex min-h-9 items-center gap-1 px-1">
                {!list.readOnly && (
                  <span
                    aria-hidden="true"
                    draggable
                    onDragStart={(event) => {
                      event.dataTransfer.effectAllowed = "move";
                      setDragged(index);
                    }}
                    onDragEnd={() => {
                      setDragged(undefined);
                      setOver(undefined);
                    }}
                    className="flex h-8 w-5 cursor-grab items-center justify-center text-faint"
                  >
                    <Icon name="drag" size={14} />
                  </span>
                )}
                <span className="w-5 text-right text-xs text-faint tabular">{index + 1}</span>
                <button
                  type="button"
                  aria-expanded={body ? expanded : undefined}
                  onClick={() => setOpen(expanded ? undefined : index)}
                  className="flex min-h-8 min-w-0 flex-1 items-center gap-2 rounded-md px-2 text-left hover:bg-hover"
                >
                  <span className="min-w-0 flex-1">{title(item, index)}</span>
                  {!expanded && mark?.(item, index)}
                  {body && (
                    <Icon name={expanded ? "chevronDown" : "chevronRight"} size={14} className="text-faint" />
                  )}
                </button>
                {!list.readOnly && (
                  <span className="flex max-sm:hidden">
                    <IconButton
                      size="sm"
                      icon="arrowUp"
                      label={t("moveUp", { name })}
                      shortcut="Alt ↑"
                      disabled={index === 0}
                      onClick={() => move(index, index - 1)}
                    />
                    <IconButton
                      size="sm"
                      icon="arrowDown"
                      label={t("moveDown", { name })}
                      shortcut="Alt ↓"
                      disabled={index === list.items.length - 1}
                      onClick={() => move(index, index + 1)}
                    />
                  </span>
                )}
                {!list.readOnly && (
                  <IconButton
                    size="sm"
                    icon="trash"
                    label={t("removeNamed", { name })}
                    onClick={() => list.remove(index)}
                  />
                )}
              </div>
              {expanded && body && (
                <div className="border-t border-line bg-canvas p-4">{body(item, index)}</div>
              )}
            </li>
          );
        })}
      </ol>
      <span aria-live="polite" className="sr-only">
        {said}
      </span>
    </>
  );
}

/** Which item of the list a field path leads through. */
function indexIn(path: string, at: string | undefined): number | undefined {
  if (!at?.startsWith(`${path}[`)) return undefined;
  const index = Number.parseInt(at.slice(path.length + 1), 10);
  return Number.isNaN(index) ? undefined : index;
}
