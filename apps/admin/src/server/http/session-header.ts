/** Carries who is signed in from the server to the pages that it renders; deleted from what comes in. JSON, URI-encoded. */
export const SESSION_HEADER = "x-sluice-session";
