/** Why there is no certificate, in words for people: the authority's own where it gave some. */
export class AcmeError extends Error {
  override readonly name = "AcmeError";
  /** The problem's type (RFC 8555, 6.7), without the prefix. */
  readonly type: string;

  constructor(message: string, type = "") {
    super(message);
    this.type = type;
  }
}
