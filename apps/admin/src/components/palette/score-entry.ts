/**
 * How well an entry fits what is typed, 0 (not at all) to 1. Every typed word must stand in it; a match at the beginning of
 * the name counts most, then at the beginning of a word, then anywhere.
 */
export function scoreEntry(value: string, search: string, keywords: readonly string[] = []): number {
  const name = value.toLowerCase().replace(/^[a-z]+\//, "");
  const all = `${value} ${keywords.join(" ")}`.toLowerCase();
  let score = 1;
  for (const word of search.toLowerCase().split(/\s+/).filter(Boolean)) {
    if (name.startsWith(word)) continue;
    const at = all.indexOf(word);
    if (at < 0) return 0;
    score = Math.min(score, at === 0 || /[\s/._-]/.test(all[at - 1] ?? "") ? 0.7 : 0.4);
  }
  return score;
}
