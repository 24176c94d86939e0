import type postgres from "postgres";

type Transaction = postgres.TransactionSql;
type Body = (transaction: Transaction) => unknown;

/** Of errors by which postgres.js and the system say that the connection is gone, not the statement wrong. */
const LOST =
  /^(CONNECTION_(CLOSED|DESTROYED|ENDED)|ECONNRESET|EPIPE|ECONNABORTED|ETIMEDOUT|57P0[1-3]|08\d{3})$/;

/**
 * Makes `begin` survive a backend that dies in the middle. postgres.js ends such a transaction with a rejection, but lets what
 * runs in it go on: its next statement, and the `rollback` that follows a failure, are written to a socket that is gone, which
 * is an uncaught TypeError and leaves the connection unusable, or run on the connection's next backend, outside of any transaction.
 * So nothing is written any more for a transaction that has lost its connection.
 */
export function guardTransactions(sql: postgres.Sql): void {
  const begin = sql.begin.bind(sql) as (options: string, body: Body) => Promise<unknown>;
  const guarded = async (options: string | Body, given?: Body): Promise<unknown> => {
    const body = typeof options === "function" ? options : given;
    if (body === undefined) throw new TypeError("begin needs what is to be done in the transaction");
    const life = new TransactionLife();
    try {
      return await begin(typeof options === "function" ? "" : options, (transaction) =>
        life.run(body, transaction),
      );
    } catch (error) {
      life.end(error);
      throw error;
    }
  };
  Object.assign(sql, { begin: guarded });
}

/** Whether a transaction's connection is still the one that it began on. */
class TransactionLife {
  #ended: { readonly cause: unknown } | undefined;

  end(cause: unknown): void {
    this.#ended ??= { cause };
  }

  /** What `body` comes to; never settles once the connection is lost, since the answer would be followed by a statement. */
  async run(body: Body, transaction: Transaction): Promise<unknown> {
    let result: unknown;
    try {
      const made = body(this.#guard(transaction));
      result = await (Array.isArray(made) ? Promise.all(made) : made);
    } catch (error) {
      if (this.#ended === undefined && !isLost(error)) throw error;
      this.end(error);
    }
    if (this.#ended !== undefined) await new Promise(() => {});
    return result;
  }

  #guard(transaction: Transaction): Transaction {
    const check = (): void => {
      if (this.#ended === undefined) return;
      throw new Error("the transaction has lost its connection", { cause: this.#ended.cause });
    };
    const watch = (made: unknown): unknown => {
      if (isQuery(made)) {
        const reject = made.reject;
        made.reject = (error) => {
          if (isLost(error)) this.end(error);
          reject(error);
        };
      }
      return made;
    };
    return new Proxy(transaction, {
      apply: (target, self, parameters: unknown[]) => {
        check();
        return watch(Reflect.apply(target, self, parameters));
      },
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        if (key === "savepoint") {
          return (name: string | Body, given?: Body) => {
            check();
            const body = typeof name === "function" ? name : given;
            if (body === undefined) throw new TypeError("savepoint needs what is to be done after it");
            const inner = (nested: Transaction): Promise<unknown> => this.run(body, nested);
            return Reflect.apply(value, target, typeof name === "function" ? [inner] : [name, inner]);
          };
        }
        return (...parameters: unknown[]) => {
          check();
          return watch(Reflect.apply(value, target, parameters));
        };
      },
    });
  }
}

/** postgres.js calls `reject` of a query itself, before anyone who waits for it hears of it. */
interface RejectableQuery {
  reject: (error: unknown) => void;
}

function isQuery(value: unknown): value is RejectableQuery {
  return value instanceof Promise && "reject" in value && typeof value.reject === "function";
}

function isLost(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && LOST.test(error.code);
}
