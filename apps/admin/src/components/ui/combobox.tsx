"use client";

import Link from "next/link";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { classes } from "./classes.ts";
import { Icon } from "./icon.tsx";
import { Input } from "./input.tsx";

export interface ComboboxProps {
  readonly value: string;
  readonly options: readonly string[];
  readonly onChange: (value: string) => void;
  readonly readOnly?: boolean;
  readonly placeholder?: string;
  /** Where the chosen thing is at home. */
  readonly href?: string;
  readonly id?: string;
  readonly "aria-describedby"?: string | undefined;
  readonly "aria-invalid"?: boolean | undefined;
  readonly "aria-label"?: string;
  readonly "data-path"?: string;
}

const SHOWN_MAX = 50;

/** Text with suggestions. Typing filters; Down and Up choose, Enter takes, Escape closes; any text may stay. */
export function Combobox({ value, options, onChange, readOnly, href, ...control }: ComboboxProps) {
  const t = useTranslations("common");
  const listId = useId();
  const box = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState(false);
  const [active, setActive] = useState(-1);
  const wanted = typed ? value.toLowerCase() : "";
  const shown = options.filter((option) => option.toLowerCase().includes(wanted)).slice(0, SHOWN_MAX);
  const visible = open && shown.length > 0 && !readOnly;

  function choose(option: string): void {
    onChange(option);
    setOpen(false);
    setActive(-1);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      setActive((now) => (now + step + shown.length) % Math.max(1, shown.length));
    } else if (event.key === "Enter" && visible && active >= 0) {
      event.preventDefault();
      choose(shown[active] ?? value);
    } else if (event.key === "Escape" && visible) {
      event.stopPropagation();
      setOpen(false);
    }
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only watches where the focus goes; the input takes the keys
    <div
      ref={box}
      className="relative flex items-center gap-1"
      onBlur={(event) => {
        if (!box.current?.contains(event.relatedTarget)) setOpen(false);
      }}
    >
      <Input
        {...control}
        role="combobox"
        aria-expanded={visible}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={visible && active >= 0 ? `${listId}-${active}` : undefined}
        value={value}
        readOnly={readOnly}
        onFocus={() => setTyped(false)}
        onClick={() => setOpen(true)}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setTyped(true);
          setActive(-1);
          setOpen(true);
          onChange(event.target.value);
        }}
      />
      {href && (
        <Link
          href={href}
          aria-label={t("openNamed", { name: value })}
          className="flex size-8 shrink-0 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-ink"
        >
          <Icon name="arrowRight" size={14} />
        </Link>
      )}
      <div
        id={listId}
        role="listbox"
        aria-label={t("suggestions")}
        hidden={!visible}
        className="absolute top-full left-0 z-30 mt-1 max-h-64 w-full overflow-y-auto rounded-lg border border-line bg-surface p-1 shadow-pop"
      >
        {shown.map((option, index) => (
          <div
            key={option}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={option === value}
            onPointerDown={(event) => {
              event.preventDefault();
              choose(option);
            }}
            className={classes(
              "flex h-7 cursor-pointer items-center justify-between rounded-md px-2 text-sm hover:bg-hover",
              index === active && "bg-hover",
            )}
          >
            <span className="truncate">{option}</span>
            {option === value && <Icon name="check" size={14} />}
          </div>
        ))}
      </div>
    </div>
  );
}
