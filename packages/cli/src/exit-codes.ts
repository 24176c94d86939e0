/** What the exit code of every command says; `docs/cli/README.md` lists them from here. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: "it was done, and where something was asked for, seen" },
  refused: { code: 1, meaning: "refused, not well, or a route test fails; the message says why" },
  usage: { code: 2, meaning: "wrong usage: an unknown command or option, or a value that is none" },
  conflict: { code: 3, meaning: "somebody else changed it meanwhile, or fields must be chosen: look again" },
  unreachable: { code: 4, meaning: "the server cannot be reached, or did not answer in time" },
  forbidden: { code: 5, meaning: "not signed in, or the role does not allow it" },
  stopped: { code: 6, meaning: "a rollout was refused, taken back or overtaken, or waits for somebody" },
  late: { code: 7, meaning: "a rollout is not done in the time that --wait gave it; it may still be" },
} as const;
