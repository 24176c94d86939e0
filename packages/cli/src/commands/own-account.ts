import type { CommandKit } from "../command-kit.ts";
import { postAccount } from "../post-account.ts";
import { ask, readAll } from "./ask.ts";

/** two-factor: enable, confirm, disable; password. */
export function addOwnAccount({ command, printLines, surroundings }: CommandKit): void {
  const { environment } = surroundings;
  const twoFactor = command("two-factor", "the codes of an authenticator app at your own sign-in");

  command(
    "enable",
    "print what the app needs, and backup codes; it is on once `confirm` had a code",
    twoFactor,
  )
    .option("--password-stdin", "read your password from standard input instead of asking")
    .action(async (options: { passwordStdin?: boolean }) => {
      const password = await passwordOf(options.passwordStdin);
      const begun = await postAccount<{ totpURI: string; backupCodes: readonly string[] }>(
        environment,
        "two-factor/enable",
        { password },
      );
      const secret = new URL(begun.totpURI).searchParams.get("secret") ?? "";
      printLines({ ...begun, secret }, [
        `secret for the app  ${secret}`,
        `or its address      ${begun.totpURI}`,
        "backup codes, each good once when the app is lost; they are not shown again:",
        ...begun.backupCodes.map((code) => `  ${code}`),
        "now: sluice two-factor confirm CODE",
      ]);
    });

  command("confirm <code>", "switch it on with a code of the app", twoFactor).action(async (code: string) => {
    await postAccount(environment, "two-factor/verify-totp", { code: code.replaceAll(" ", "") });
    printLines({ enabled: true }, ["two-factor is on: a code is asked at sign-in"]);
  });

  command("disable", "ask for no code any more", twoFactor)
    .option("--password-stdin", "read your password from standard input instead of asking")
    .action(async (options: { passwordStdin?: boolean }) => {
      const password = await passwordOf(options.passwordStdin);
      await postAccount(environment, "two-factor/disable", { password });
      printLines({ enabled: false }, ["two-factor is off"]);
    });

  command("password", "set another password of your own; ends all your other sessions")
    .option("--passwords-stdin", "read two lines from standard input: the current one and the new one")
    .action(async (options: { passwordsStdin?: boolean }) => {
      const [currentPassword = "", newPassword = ""] = options.passwordsStdin
        ? (await readAll(process.stdin)).split(/\r?\n/)
        : [
            await ask("current password: ", "--passwords-stdin"),
            await ask("new password: ", "--passwords-stdin"),
          ];
      const body = { currentPassword, newPassword, revokeOtherSessions: true };
      await postAccount(environment, "change-password", body);
      printLines({ changed: true }, ["the password is changed; your other sessions have ended"]);
    });
}

async function passwordOf(stdin: boolean | undefined): Promise<string> {
  return stdin === true ? await readAll(process.stdin) : await ask("password: ", "--password-stdin");
}
