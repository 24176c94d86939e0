/** What a thread knows of secrets. Nothing of it is ever logged. */
export interface SecretLookup {
  /** Random bytes of this process, the same in all its workers: session tickets are made under keys derived from it. */
  readonly ticketSeed: Uint8Array;
}
