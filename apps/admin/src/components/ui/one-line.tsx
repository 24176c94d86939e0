/** A text that is cut where its column ends; the whole of it shows under the pointer. */
export function OneLine({ text }: { readonly text: string }) {
  return (
    <span className="block truncate" title={text}>
      {text}
    </span>
  );
}
