/** How header names are spelled on the wire (`header_key_format`); names are in lower case everywhere else. */
export interface HeaderCase {
  /** The spelling of a lower-case name. */
  format(name: string): string;
  /** The reason phrase that goes with the message, where one was kept. */
  readonly reason: string | undefined;
}

/** Distinct names whose spelling is kept; names come from peers, so there may be any number. */
const REMEMBERED_MAX = 1024;

/** `proper_case_words`: the first letter and each one behind anything but a letter or digit is a capital: `X-Some-Header`. */
class ProperCase implements HeaderCase {
  readonly reason = undefined;
  private readonly known = new Map<string, string>();

  format(name: string): string {
    let formatted = this.known.get(name);
    if (formatted === undefined) {
      formatted = properCase(name);
      if (this.known.size < REMEMBERED_MAX) this.known.set(name, formatted);
    }
    return formatted;
  }
}

function properCase(name: string): string {
  return name.replace(
    /(^|[^a-zA-Z0-9])([a-z])/g,
    (_match, before: string, letter: string) => before + letter.toUpperCase(),
  );
}

export const PROPER_CASE: HeaderCase = new ProperCase();

/**
 * The spelling that the names of one message had (envoy.http.stateful_header_formatters.preserve_case). It travels with the
 * header map and decides how the message is written on the other side, if that is HTTP/1 too.
 */
export class PreservedCase implements HeaderCase {
  reason: string | undefined = undefined;
  private readonly others: HeaderCase | undefined;
  private readonly spellings = new Map<string, string>();

  /** `others`: for names that the peer did not send; undefined: in lower case. */
  constructor(others: HeaderCase | undefined) {
    this.others = others;
  }

  remember(lower: string, spelling: string): void {
    if (!this.spellings.has(lower)) this.spellings.set(lower, spelling);
  }

  format(name: string): string {
    return this.spellings.get(name) ?? this.others?.format(name) ?? name;
  }
}
