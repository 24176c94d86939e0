const POLL_MS = 1_000;

/** Writes the text, and again whenever it is another one, with a line between, until `signal`. */
export async function watchText(
  read: () => Promise<string>,
  write: (text: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  let before: string | undefined;
  while (signal?.aborted !== true) {
    const text = await read();
    if (text !== before) write(before === undefined ? text : `---\n${text}`);
    before = text;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
