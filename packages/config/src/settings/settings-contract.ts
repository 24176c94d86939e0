/** The words of the appliance's settings; part of the package's contract. */

/** What holds for the whole appliance. How long audit events are kept is `setAuditRetention`'s. */
export interface ApplianceSettings {
  /** Shown above the navigation, in titles of pages and in messages; "": Sluice. */
  readonly name: string;
  /** The dashboard's address, for links in messages where the control plane's environment names none; "": no links. */
  readonly baseUrl: string;
  /** For everybody who has not chosen one; "": each browser's own. */
  readonly timeZone: string;
  /** For how many days figures of a minute are kept. Finer ones are kept for a day (10 s) and 15 minutes (1 s). Default 31. */
  readonly figuresDays: number;
  /** For how many hours requests are kept, and how many at most. Default 24, 200,000. */
  readonly requestsHours: number;
  readonly requestsMax: number;
  /** For how many hours traces are kept, and how many at most. Default 24, 50,000. */
  readonly tracesHours: number;
  readonly tracesMax: number;
}

export const DEFAULT_SETTINGS: ApplianceSettings = {
  name: "",
  baseUrl: "",
  timeZone: "",
  figuresDays: 31,
  requestsHours: 24,
  requestsMax: 200_000,
  tracesHours: 24,
  tracesMax: 50_000,
};

/** Lowest and highest of each number. */
export const SETTING_BOUNDS = {
  figuresDays: [2, 400],
  requestsHours: [1, 720],
  requestsMax: [1_000, 10_000_000],
  tracesHours: [1, 720],
  tracesMax: [1_000, 1_000_000],
} as const satisfies Partial<Record<keyof ApplianceSettings, readonly [number, number]>>;
