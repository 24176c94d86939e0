import type { ComponentProps } from "react";
import { classes } from "./classes.ts";
import { Icon } from "./icon.tsx";

const BOX =
  "w-full rounded-md border border-line-strong bg-surface px-2 text-sm text-ink placeholder:text-faint hover:border-faint aria-invalid:border-bad disabled:bg-sunken disabled:text-muted";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input autoComplete="off" spellCheck={false} {...rest} className={classes(BOX, "h-8", className)} />;
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea spellCheck={false} {...rest} className={classes(BOX, "py-1.5", className)} />;
}

/** The system's own select: works with every keyboard, screen reader and phone. */
export function Select({ className, children, ...rest }: ComponentProps<"select">) {
  return (
    <span className={classes("relative inline-flex w-full", className)}>
      <select {...rest} className={classes(BOX, "h-8 appearance-none pr-7")}>
        {children}
      </select>
      <Icon
        name="chevronDown"
        size={14}
        className="pointer-events-none absolute top-1/2 right-2 -translate-y-1/2 text-faint"
      />
    </span>
  );
}

export interface SearchInputProps extends Omit<ComponentProps<"input">, "type"> {
  /** Its accessible name. */
  readonly label: string;
}

export function SearchInput({ label, className, ...rest }: SearchInputProps) {
  return (
    <span className={classes("relative inline-flex w-full", className)}>
      <Icon
        name="search"
        size={14}
        className="pointer-events-none absolute top-1/2 left-2 -translate-y-1/2 text-faint"
      />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        autoComplete="off"
        spellCheck={false}
        data-search=""
        {...rest}
        className={classes(BOX, "h-8 pl-7")}
      />
    </span>
  );
}
