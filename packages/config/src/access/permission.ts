/** By what a grant of a permission may be limited. */
export type Limit = "groups" | "kinds" | "selector";

/**
 * Everything that a person, a token or the appliance itself may be allowed, and by what a grant of it may be limited. The names
 * are part of the API: roles and tokens are stored with them.
 */
const PERMISSIONS = {
  /** See the configuration, versions, rollouts, nodes and groups. */
  "config.read": [],
  /** Change resources of the draft and its route tests; `kinds`: of these kinds only. Secrets are apart. */
  "config.edit": ["kinds"],
  /** Change secrets of the draft. Nobody can read back what a secret holds. */
  "secret.manage": [],
  /** Publish, roll back, steer rollouts and freeze; `groups`: to and in these groups of nodes only. */
  "config.publish": ["groups"],
  /** Publish although a check fails. */
  "config.override": [],
  /** Break the glass: start what waits for approval alone, in an emergency. */
  "approval.bypass": [],
  /** Act on nodes: labels, removal, operations; `groups` and `selector`: on nodes of these groups, with these labels. */
  "node.operate": ["groups", "selector"],
  /** Let nodes in and out: join tokens, node certificates. */
  "node.enroll": [],
  /** Decide which nodes make a group. */
  "group.manage": [],
  /** See traffic: figures, requests, traces. */
  "telemetry.read": [],
  /** Alert rules and silences. */
  "alert.manage": [],
  /** Where what happens is told: channels, their tests, sending again. */
  "notification.manage": [],
  /** See who did what. */
  "audit.read": [],
  /** People, their roles, their sessions and tokens. */
  "people.manage": [],
  /** Sign-on, retention and whatever else holds for the whole appliance. */
  "settings.manage": [],
} as const satisfies Readonly<Record<string, readonly Limit[]>>;

export type Permission = keyof typeof PERMISSIONS;

/** Those whose grants can be limited, so that a verb has to say on what it acts. */
export type LimitedPermission = {
  [P in Permission]: (typeof PERMISSIONS)[P] extends readonly [] ? never : P;
}[Permission];

export const PERMISSION_NAMES = Object.keys(PERMISSIONS) as readonly Permission[];

export function isPermission(text: unknown): text is Permission {
  return typeof text === "string" && Object.hasOwn(PERMISSIONS, text);
}

/** The limits that a permission knows. */
export function limitsOf(permission: Permission): readonly Limit[] {
  return PERMISSIONS[permission];
}
