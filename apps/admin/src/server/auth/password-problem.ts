export const PASSWORD_LENGTH_MIN = 10;
export const PASSWORD_LENGTH_MAX = 128;
/** Of 0 to 4: more than 10⁸ guesses, so that a stolen hash is not found in days. */
const SCORE_MIN = 3;
const OWN_PART_MIN = 6;

export interface PasswordProblem {
  readonly code: "short" | "long" | "common" | "weak";
  /** In words, for APIs; pages go by the code. */
  readonly message: string;
}

interface Judge {
  check(password: string, userInputs: string[]): Judged;
}
interface Judged {
  readonly score: number;
  readonly sequence: readonly { readonly pattern: string; readonly dictionaryName?: unknown }[];
}

let judge: Promise<Judge> | undefined;

/**
 * What is wrong with a password that somebody wants: too short, among those that were breached and published often, or easily
 * guessed. The lists come with the dashboard; nothing is asked outside.
 *
 * @param about e-mail, name and the like, which a password must not be made of
 */
export async function passwordProblem(
  password: string,
  about: readonly string[] = [],
): Promise<PasswordProblem | undefined> {
  if (password.length < PASSWORD_LENGTH_MIN)
    return { code: "short", message: `a password has at least ${PASSWORD_LENGTH_MIN} characters` };
  if (password.length > PASSWORD_LENGTH_MAX)
    return { code: "long", message: `a password has at most ${PASSWORD_LENGTH_MAX} characters` };
  judge ??= makeJudge();
  const parts = about
    .flatMap((text) => [text, ...text.split(/[@.\s_-]+/)])
    .filter(({ length }) => length > 2);
  const words = [...parts, "sluice", "envoy"];
  const { score, sequence } = (await judge).check(password, words);
  if (score >= SCORE_MIN && ownPart(password, words) >= OWN_PART_MIN) return undefined;
  const [only, ...rest] = sequence;
  if (rest.length === 0 && String(only?.dictionaryName ?? "").startsWith("passwords"))
    return {
      code: "common",
      message: "this password is on the lists of those that were breached; take another",
    };
  return { code: "weak", message: "this password is easily guessed; make it longer, or of unrelated words" };
}

/** How many letters and digits stand beside the words that anybody tries here first. */
function ownPart(password: string, words: readonly string[]): number {
  const left = words.reduce((text, word) => text.replaceAll(word.toLowerCase(), " "), password.toLowerCase());
  return left.replaceAll(/[^\p{L}\p{N}]/gu, "").length;
}

/** The lists are large: they are loaded when somebody first sets a password. */
async function makeJudge(): Promise<Judge> {
  const [{ ZxcvbnFactory }, common] = await Promise.all([
    import("@zxcvbn-ts/core"),
    import("@zxcvbn-ts/language-common"),
  ]);
  return new ZxcvbnFactory({ dictionary: common.dictionary, graphs: common.adjacencyGraphs });
}
