import Link from "next/link";
import type { ComponentProps } from "react";
import { classes } from "./classes.ts";
import { Icon, type IconName } from "./icon.tsx";
import { Tip } from "./tip.tsx";

export type ButtonTone = "primary" | "default" | "quiet" | "danger";
type Size = "sm" | "md";

const BASE =
  "inline-flex items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap select-none transition-colors duration-100 disabled:opacity-50 aria-disabled:opacity-50";
const TONES: Readonly<Record<ButtonTone, string>> = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover",
  default: "bg-surface text-ink border border-line-strong hover:bg-hover",
  quiet: "text-muted hover:bg-hover hover:text-ink",
  danger: "bg-surface text-bad border border-line-strong hover:bg-bad-soft",
};
const SIZES: Readonly<Record<Size, string>> = { sm: "h-6 px-2 text-xs", md: "h-8 px-3 text-sm" };

export interface ButtonProps extends ComponentProps<"button"> {
  readonly tone?: ButtonTone;
  readonly size?: Size;
  readonly icon?: IconName;
  /** Shows that it works and refuses a second press; the label stays. */
  readonly busy?: boolean;
}

export function Button({
  tone = "default",
  size = "md",
  icon,
  busy,
  className,
  children,
  ...rest
}: ButtonProps) {
  const shown = icon ?? (busy ? "pending" : undefined);
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled || busy}
      aria-busy={busy}
      className={classes(BASE, TONES[tone], SIZES[size], className)}
    >
      {shown && <Icon name={shown} size={size === "sm" ? 14 : 16} className={busy ? "animate-pulse" : ""} />}
      {children}
    </button>
  );
}

export interface LinkButtonProps extends ComponentProps<typeof Link> {
  readonly tone?: ButtonTone;
  readonly size?: Size;
  readonly icon?: IconName;
}

/** A link that looks like a button: it goes somewhere, so it can open in a new tab. */
export function LinkButton({
  tone = "default",
  size = "md",
  icon,
  className,
  children,
  ...rest
}: LinkButtonProps) {
  return (
    <Link {...rest} className={classes(BASE, TONES[tone], SIZES[size], className)}>
      {icon && <Icon name={icon} size={size === "sm" ? 14 : 16} />}
      {children}
    </Link>
  );
}

export interface IconButtonProps extends Omit<ComponentProps<"button">, "children"> {
  readonly icon: IconName;
  /** What it does: its accessible name and its tooltip. */
  readonly label: string;
  readonly size?: Size;
  readonly shortcut?: string;
}

export function IconButton({ icon, label, size = "md", shortcut, className, ...rest }: IconButtonProps) {
  return (
    <Tip text={label} shortcut={shortcut}>
      <button
        type="button"
        aria-label={label}
        {...rest}
        className={classes(
          BASE,
          "text-muted hover:bg-hover hover:text-ink",
          size === "sm" ? "size-6" : "size-8",
          className,
        )}
      >
        <Icon name={icon} size={size === "sm" ? 14 : 16} />
      </button>
    </Tip>
  );
}
