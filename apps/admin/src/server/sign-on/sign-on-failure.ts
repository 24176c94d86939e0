import { APIError } from "better-auth/api";
import { nearestCode, type SignOnFailureCode } from "./sign-on-codes.ts";

export class SignOnFailure extends Error {
  override readonly name = "SignOnFailure";
  readonly code: SignOnFailureCode;
  /** As far as it is known and proven by the provider. */
  readonly email: string | undefined;

  /** @param why one line for the audit log; the sign-in page shows only what the code says */
  constructor(code: SignOnFailureCode, why: string, email?: string) {
    super(why);
    this.code = code;
    this.email = email;
  }
}

const told = new WeakMap<object, SignOnFailure>();

/** Sends the browser back to the sign-in page, which explains the failure. */
export function redirectOf(failure: SignOnFailure): APIError {
  const error = new APIError("FOUND", undefined, { location: `/sign-in?error=${failure.code}` });
  told.set(error, failure);
  return error;
}

/** As JSON, for the request with which the page begins. */
export function refusalOf(failure: SignOnFailure): APIError {
  const error = new APIError("BAD_GATEWAY", { code: failure.code, message: failure.message });
  told.set(error, failure);
  return error;
}

/** The failure behind an answer of ours; of one of better-auth's own, the code that is nearest. */
export function failureBehind(returned: unknown): SignOnFailure | undefined {
  if (!(returned instanceof APIError)) return undefined;
  const known = told.get(returned);
  if (known !== undefined) return known;
  const location = new Headers(returned.headers).get("location");
  const error =
    location === null ? undefined : URL.parse(location, "http://local")?.searchParams.get("error");
  return error ? new SignOnFailure(nearestCode(error), error) : undefined;
}
