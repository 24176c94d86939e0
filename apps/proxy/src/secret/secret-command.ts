/** What workers are told of secrets. */
export type SecretCommand =
  /** `bytes`: an encoded Secret without file names. */
  | { readonly type: "secret"; readonly key: string; readonly bytes: Uint8Array }
  | { readonly type: "remove-secret"; readonly key: string };
