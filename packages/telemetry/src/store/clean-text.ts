const LENGTH_MAX = 4096;

/** What Postgres can store of text that came from the wire: no NUL, no half surrogate pairs, no more than 4,096 characters. */
export function cleanText(text: string): string {
  const short = text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX - 1)}…` : text;
  return short.toWellFormed().replaceAll("\0", "\ufffd");
}
