import type { Checker, Type } from "typescript/unstable/sync";
import { TypeFlags } from "typescript/unstable/sync";

export type Schema = Readonly<Record<string, unknown>>;

/** Deeper than that nothing is told: only types that contain themselves without a name get there. */
const DEPTH_MAX = 24;

/**
 * JSON Schema of TypeScript types, as their values are after `JSON.stringify`: dates are texts, what is undefined is not there. Types
 * with a name become schemas of their own, so that they may contain themselves.
 */
export class SchemaWriter {
  readonly #checker: Checker;
  readonly #named = new Map<string, { readonly id: number; schema: Schema }>();

  constructor(checker: Checker) {
    this.#checker = checker;
  }

  schemas(): Readonly<Record<string, Schema>> {
    return Object.fromEntries(
      [...this.#named].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, { schema }]) => [name, schema]),
    );
  }

  schemaOf(type: Type, depth = 0): Schema {
    const checker = this.#checker;
    const { flags } = type;
    if (depth > DEPTH_MAX || flags & (TypeFlags.Any | TypeFlags.Unknown)) return {};
    if (flags & (TypeFlags.Void | TypeFlags.Undefined | TypeFlags.Null)) return { type: "null" };
    if (type.isBooleanLiteralType() || type.isStringLiteralType() || type.isNumberLiteralType())
      return { const: type.value };
    if (flags & TypeFlags.BooleanLike) return { type: "boolean" };
    if (flags & TypeFlags.StringLike || flags & TypeFlags.BigIntLike) return { type: "string" };
    if (flags & TypeFlags.NumberLike) return { type: "number" };
    if (type.isUnionType()) return this.#unionOf(type.getTypes(), depth);
    const name = this.#nameOf(type);
    if (name === "Date") return { type: "string", format: "date-time" };
    if (checker.isTupleType(type) && type.isTypeReference()) {
      const items = checker.getTypeArguments(type).map((item) => this.schemaOf(item, depth + 1));
      return { type: "array", prefixItems: items };
    }
    if (checker.isArrayLikeType(type) && type.isTypeReference()) {
      const [item] = checker.getTypeArguments(type);
      return { type: "array", items: item === undefined ? {} : this.schemaOf(item, depth + 1) };
    }
    if (name === undefined || type.isTypeReference()) return this.#objectOf(type, depth);
    return this.#reference(name, type, depth);
  }

  #reference(name: string, type: Type, depth: number): Schema {
    let free = name;
    for (let n = 2; ; n++) {
      const known = this.#named.get(free);
      if (known === undefined) break;
      if (known.id === type.id) return { $ref: `#/components/schemas/${free}` };
      free = `${name}${n}`;
    }
    const entry = { id: type.id, schema: {} as Schema };
    this.#named.set(free, entry);
    entry.schema = this.#objectOf(type, depth);
    return { $ref: `#/components/schemas/${free}` };
  }

  #objectOf(type: Type, depth: number): Schema {
    const checker = this.#checker;
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const property of checker.getPropertiesOfType(type)) {
      const of = checker.getTypeOfSymbol(property);
      if (of === undefined || property.name.startsWith("__@")) continue;
      const types = of.isUnionType() ? of.getTypes() : [of];
      const there = types.filter(({ flags }) => !(flags & (TypeFlags.Undefined | TypeFlags.Void)));
      if (there.length === 0) continue;
      properties[property.name] =
        there.length === types.length ? this.schemaOf(of, depth + 1) : this.#unionOf(there, depth);
      const isSure =
        there.length === types.length &&
        !types.some(({ flags }) => flags & (TypeFlags.Any | TypeFlags.Unknown));
      if (isSure && !(property.flags & OPTIONAL)) required.push(property.name);
    }
    const [index] = checker.getIndexInfosOfType(type);
    return {
      type: "object",
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
      ...(required.length === 0 ? {} : { required }),
      ...(index === undefined ? {} : { additionalProperties: this.schemaOf(index.valueType, depth + 1) }),
    };
  }

  #unionOf(types: readonly Type[], depth: number): Schema {
    const literals = types.flatMap((type) => (type.isLiteralType() ? [type.value] : []));
    const rest = types.filter((type) => !type.isLiteralType());
    const isBoolean = literals.includes(true) && literals.includes(false);
    const values = isBoolean ? literals.filter((value) => typeof value !== "boolean") : literals;
    const options = [
      ...(isBoolean ? [{ type: "boolean" }] : []),
      ...(values.length === 0 ? [] : [{ enum: values.toSorted((a, b) => (String(a) < String(b) ? -1 : 1)) }]),
      ...rest.map((type) => this.schemaOf(type, depth + 1)),
    ];
    const [only] = options;
    return options.length === 1 && only !== undefined ? only : { anyOf: options };
  }

  #nameOf(type: Type): string | undefined {
    // `Pick<…>` and the like are no names of what they make.
    const alias = type.getAliasTypeArguments().length === 0 ? type.getAliasSymbol() : undefined;
    const name = alias?.name ?? type.getSymbol()?.name;
    return name === undefined || name.startsWith("__") || name === "Array" ? undefined : name;
  }
}

/** SymbolFlags.Optional. */
const OPTIONAL = 1 << 24;
