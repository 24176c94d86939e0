import type { ImportPosition } from "../import/import-contract.ts";

/** One directive of nginx's configuration, with its block when it has one. */
export interface Directive {
  readonly name: string;
  /** With quotes and escapes resolved. */
  readonly args: readonly string[];
  readonly position: ImportPosition;
  readonly block: readonly Directive[] | undefined;
}

export function childrenOf(block: readonly Directive[] | undefined, name: string): readonly Directive[] {
  return (block ?? []).filter((directive) => directive.name === name);
}

/** The directive as one line, for people. */
export function shownDirective({ name, args }: Directive): string {
  const line = [name, ...args].join(" ");
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
