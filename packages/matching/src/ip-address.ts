/** An IP address as numbers: one 32-bit word for v4, four for v6, the most significant first. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly words: readonly number[];
}

/** RFC 4291 §2.2 text or a dotted quad; a v4-mapped v6 address (`::ffff:1.2.3.4`) is taken as v4. `undefined` if neither. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const v4 = parseV4(text);
  if (v4 !== undefined) return { family: 4, words: [v4] };
  const words = parseV6(text);
  if (words === undefined) return undefined;
  if (words[0] === 0 && words[1] === 0 && words[2] === 0xffff) return { family: 4, words: words.slice(3) };
  return { family: 6, words };
}

function parseV4(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (parts === null) return undefined;
  let word = 0;
  for (const part of parts.slice(1)) {
    const octet = Number(part);
    if (octet > 255 || (part.length > 1 && part.startsWith("0"))) return undefined;
    word = word * 256 + octet;
  }
  return word;
}

function parseV6(text: string): number[] | undefined {
  const zoneless = text.split("%", 1)[0] ?? "";
  const halves = zoneless.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? "");
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? "") : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail];
  const words: number[] = [];
  for (let i = 0; i < 8; i += 2) words.push((groups[i] ?? 0) * 0x10000 + (groups[i + 1] ?? 0));
  return words;
}

/** 16-bit groups between colons; the last may be a dotted quad, which is two. */
function parseGroups(text: string): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const quad = i === parts.length - 1 ? parseV4(part) : undefined;
      if (quad === undefined) return undefined;
      groups.push(Math.floor(quad / 0x10000), quad % 0x10000);
    }
  }
  return groups;
}

/** Dotted quad, or RFC 5952 text: lower case, the longest run of zero groups as `::`. */
export function formatIpAddress({ family, words }: IpAddress): string {
  if (family === 4) {
    const word = words[0] ?? 0;
    return [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff).join(".");
  }
  const groups = words.flatMap((word) => [Math.floor(word / 0x10000), word % 0x10000]);
  let start = -1;
  let length = 1;
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
  }
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  return start === -1 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`;
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback({ family, words }: IpAddress): boolean {
  if (family === 4) return words[0] === 0x7f000001;
  return words[0] === 0 && words[1] === 0 && words[2] === 0 && words[3] === 1;
}

export function sameAddress(a: IpAddress, b: IpAddress): boolean {
  return a.family === b.family && a.words.every((word, i) => word === b.words[i]);
}
