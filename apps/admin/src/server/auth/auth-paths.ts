/** What of better-auth signs somebody in, or changes how one signs in; as better-auth names it, below `/api/auth`. */
export const AUTH = {
  signIn: "/sign-in/email",
  changePassword: "/change-password",
  twoFactorOn: "/two-factor/enable",
  twoFactorOff: "/two-factor/disable",
  totp: "/two-factor/verify-totp",
  backupCode: "/two-factor/verify-backup-code",
  passkeyBegin: "/passkey/generate-authenticate-options",
  passkeySignIn: "/passkey/verify-authentication",
  passkeyAdd: "/passkey/verify-registration",
  signOnBegin: "/sign-in/social",
  signOnCallback: "/callback/:id",
} as const;
