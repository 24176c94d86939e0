/** Carries the appliance's name and time zone to the pages; deleted from what comes in. JSON, URI-encoded. */
export const APPLIANCE_HEADER = "x-sluice-appliance";
