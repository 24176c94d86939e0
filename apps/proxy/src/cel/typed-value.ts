/** A value whose text in a line of text is not its JSON: doubles, durations, timestamps, bytes, lists, maps and messages. */
export class TypedValue {
  /** As Envoy prints it, in octets. */
  readonly text: string;
  private readonly json: unknown;

  constructor(text: string, json: unknown) {
    this.text = text;
    this.json = json;
  }

  toJSON(): unknown {
    return this.json;
  }
}
