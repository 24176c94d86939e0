import type { RouteExpectation, RouteTest } from "../../route-test/route-test.ts";
import type { ImportFile } from "./import-contract.ts";
import { invalidAt, readText, unfoldText } from "./read-text.ts";

type Json = Readonly<Record<string, unknown>>;

const FIELDS = new Set(["name", "method", "url", "headers", "listener", "clientIp", "sni", "alpn", "expect"]);
const EXPECTED = new Set(["listener", "virtualHost", "route", "cluster", "status", "location"]);

/** A route test as a file has it. `invalid` for fields that are unknown or of another type. */
export function parseRouteTest(file: ImportFile): RouteTest {
  const value = unfoldText(readText(file), file.path);
  const refuse = (message: string) =>
    invalidAt(file.path, { file: file.path, line: 1, column: 1 }, `the route test ${message}`);
  if (!isMap(value)) throw refuse("is no map of fields");
  const unknown = Object.keys(value).find((key) => !FIELDS.has(key));
  if (unknown !== undefined) throw refuse(`has an unknown field '${unknown}'`);
  const text = (map: Json, key: string): string | undefined => {
    const found = map[key];
    if (found === undefined || typeof found === "string") return found;
    throw refuse(`needs text as '${key}'`);
  };
  const required = (key: string): string => {
    const found = text(value, key);
    if (found === undefined) throw refuse(`has no '${key}'`);
    return found;
  };
  const { headers = [], alpn, expect } = value;
  if (!Array.isArray(headers) || !headers.every(isHeader))
    throw refuse("needs name and value of each header");
  if (alpn !== undefined && !(Array.isArray(alpn) && alpn.every((each) => typeof each === "string")))
    throw refuse("needs a list of texts as 'alpn'");
  if (!isMap(expect)) throw refuse("expects nothing");
  const strange = Object.keys(expect).find((key) => !EXPECTED.has(key));
  if (strange !== undefined) throw refuse(`expects an unknown '${strange}'`);
  const { status } = expect;
  if (status !== undefined && !(Number.isInteger(status) && Number(status) >= 100 && Number(status) <= 599))
    throw refuse("needs a status from 100 to 599");
  const expected: RouteExpectation = defined({
    listener: text(expect, "listener"),
    virtualHost: text(expect, "virtualHost"),
    route: text(expect, "route"),
    cluster: text(expect, "cluster"),
    status: status === undefined ? undefined : Number(status),
    location: text(expect, "location"),
  });
  return {
    name: required("name"),
    method: required("method"),
    url: required("url"),
    headers,
    ...defined({
      listener: text(value, "listener"),
      clientIp: text(value, "clientIp"),
      sni: text(value, "sni"),
      alpn,
    }),
    expect: expected,
  };
}

function isHeader(value: unknown): value is { readonly name: string; readonly value: string } {
  return (
    isMap(value) &&
    typeof value.name === "string" &&
    typeof value.value === "string" &&
    Object.keys(value).length === 2
  );
}

function isMap(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Without what is not there, so that a test has one fingerprint however it was made. */
function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}
