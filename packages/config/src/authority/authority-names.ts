/** The root that signs. */
export const NODE_AUTHORITY = "nodes";
/** During a rotation: trusted, and signs from the second step on. */
export const NEXT_AUTHORITY = "nodes/next";
/** After that: still trusted, signs nothing more. */
export const PREVIOUS_AUTHORITY = "nodes/previous";
