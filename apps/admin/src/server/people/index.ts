/** What can be done with people and what they may do: the verbs, each of which asks for its permission itself. */

export { acceptInvitation, showInvitation } from "./accept-invitation.ts";
export { removePerson, resetPassword, setDisabled, setRole } from "./change-person.ts";
export { changeRole, createRole, removeRole } from "./change-role.ts";
export { createPerson } from "./create-person.ts";
export { createToken } from "./create-token.ts";
export { createResetLink, invite, revokeInvitation } from "./invite.ts";
export { listInvitations } from "./list-invitations.ts";
export { listPeople } from "./list-people.ts";
export { listRoles } from "./list-roles.ts";
export { listTokens } from "./list-tokens.ts";
export { listPasskeys, removePasskey, renamePasskey } from "./passkeys.ts";
export { revokeToken } from "./revoke-token.ts";
export { listSessions, revokeOtherSessions, revokeSession } from "./sessions.ts";
export { removeTwoFactor, twoFactorState } from "./two-factor.ts";
