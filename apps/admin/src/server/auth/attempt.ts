import { ADDRESS_HEADER } from "./address-header.ts";

/** From where somebody tries to sign in, and as whom. */
export function attemptOf(context: { readonly body?: unknown; readonly headers?: Headers | undefined }): {
  readonly address: string;
  /** The e-mail as typed; "" where none was. */
  readonly account: string;
} {
  const body = typeof context.body === "object" && context.body !== null ? context.body : {};
  return {
    address: context.headers?.get(ADDRESS_HEADER) ?? "unknown",
    account: "email" in body && typeof body.email === "string" ? body.email : "",
  };
}
