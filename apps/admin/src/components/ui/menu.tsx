"use client";

import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { classes } from "./classes.ts";
import { Icon, type IconName } from "./icon.tsx";

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  readonly tone?: "default" | "danger";
  readonly checked?: boolean;
  readonly disabled?: boolean;
  readonly onSelect: () => void;
}

export interface MenuProps {
  /** A button. */
  readonly trigger: ReactNode;
  readonly heading?: ReactNode;
  /** Groups are divided by a line. */
  readonly groups: readonly (readonly MenuItem[])[];
  readonly align?: "start" | "end";
}

export function Menu({ trigger, heading, groups, align = "end" }: MenuProps) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className="z-50 min-w-48 rounded-lg border border-line bg-surface p-1 shadow-pop"
        >
          {heading && <div className="px-2 py-1.5 text-xs text-muted">{heading}</div>}
          {groups.map((items, index) => (
            <DropdownMenu.Group key={items[0]?.label ?? index}>
              {(index > 0 || heading) && <DropdownMenu.Separator className="my-1 h-px bg-line" />}
              {items.map((item) => (
                <DropdownMenu.Item
                  key={item.label}
                  disabled={item.disabled ?? false}
                  onSelect={item.onSelect}
                  className={classes(
                    "flex h-8 cursor-pointer items-center gap-2 rounded-md px-2 text-sm outline-none data-[disabled]:opacity-50 data-[highlighted]:bg-hover",
                    item.tone === "danger" && "text-bad",
                  )}
                >
                  {item.icon && <Icon name={item.icon} />}
                  <span className="flex-1">{item.label}</span>
                  {item.checked && <Icon name="check" size={14} />}
                </DropdownMenu.Item>
              ))}
            </DropdownMenu.Group>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
