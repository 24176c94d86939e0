import { Fragment } from "react";

/** A field's path or another long name, which a line may end after its separators, not inside a word. */
export function PathText({ path }: { readonly path: string }) {
  return path.split(/(?<=[./_\]:])/).map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text never move
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}
