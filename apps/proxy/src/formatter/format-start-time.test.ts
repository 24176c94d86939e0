import assert from "node:assert/strict";
import { test } from "node:test";
import { compileTimeFormat } from "./format-start-time.ts";

/** A Saturday in the 48th week of the year. */
const MOMENT = Date.UTC(2026, 10, 28, 5, 6, 7, 89);

function print(pattern: string, wallMs = MOMENT): string {
  const format = compileTimeFormat(pattern);
  assert.ok(typeof format === "function", pattern);
  return format(wallMs);
}

test("Envoy's seconds and fractions stand between what absl and strftime print", () => {
  assert.equal(print("%s.%3f %f %%f"), "1795842367.089 089000000 %089000000");
  assert.equal(print("%E3S %E*S %E0S %E*f %E12f"), "07.089 07.089 07 089 089000000000");
  assert.equal(print("%Ez %E*z %:z %::z %:::z %ET %E4Y"), "+00:00 +00:00:00 +00:00 +00:00:00 +00 T 2026");
});

test("every conversion of strftime prints as GNU's does", () => {
  assert.equal(print("%a %A %b %h %B %c"), "Sat Saturday Nov Nov November Sat Nov 28 05:06:07 2026");
  assert.equal(print("%C %y %Y %G %g %V %U %W %u %w %j"), "20 26 2026 2026 26 48 47 47 6 6 332");
  assert.equal(print("%H %I %k %l %M %S %p %P %r"), "05 05  5  5 06 07 AM am 05:06:07 AM");
  assert.equal(
    print("%D %x %F %R %T %X %m %d %e %z %Z"),
    "11/28/26 11/28/26 2026-11-28 05:06 05:06:07 05:06:07 11 28 28 +0000 UTC",
  );
});

test("the week of a year's first days may be the last year's", () => {
  assert.equal(print("%G-%V %g", Date.UTC(2027, 0, 1)), "2026-53 26");
  assert.equal(print("%G-%V", Date.UTC(2024, 11, 31)), "2025-01");
});

test("flags, widths and modifiers", () => {
  assert.equal(print("%-H %_H %0e %10d %5Y %3S"), "5  5 28 0000000028 02026 007");
  assert.equal(print("%^a %#A %#p %#Z %6a"), "SAT SATURDAY am utc    Sat");
  assert.equal(print("%Oy %EY %Od %Ex"), "26 2026 28 11/28/26");
});

test("what is no conversion prints as it stands", () => {
  assert.equal(print("%Q %i %Ed %OD %-q %% 50%"), "%Q %i %Ed %OD %-q % 50%");
  assert.equal(print("%10f|%-5f|%3"), "      %10f| %-5f| %3");
});

test("a line feed is refused, however it is written", () => {
  for (const pattern of ["%n", "%%n", "%-_5On"]) assert.equal(typeof compileTimeFormat(pattern), "object");
});
