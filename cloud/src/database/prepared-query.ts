import type { Compilable, CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import type { Database } from './database.ts';

/** Stands in a query for the value of a parameter. */
class Placeholder {
  readonly name: PropertyKey;

  constructor(name: PropertyKey) {
    this.name = name;
  }
}

/** Of databases outside of transactions. */
const plainConnections = new WeakMap<Database, DatabaseConnection>();

/** Lets prepared queries go straight to the driver, past what Kysely does for each: that takes as long as SQLite does. */
export function usePlainConnection(database: Database, connection: DatabaseConnection): void {
  plainConnections.set(database, connection);
}

/**
 * A query for every request. It is built and compiled once, which takes Kysely much longer than SQLite needs to answer.
 *
 * @param build makes the query of parameters that have no values yet: it hands them on as they are, and decides nothing
 *   by them
 */
export function preparedQuery<Parameters extends object, Row>(
  build: (database: Database, parameters: Parameters) => Compilable<Row>,
): (database: Database, parameters: Parameters) => Promise<QueryResult<Row>> {
  const placeholders = new Proxy({} as Parameters, { get: (_target, name) => new Placeholder(name) });
  let compiled: CompiledQuery<Row> | undefined;
  return async (database, parameters) => {
    compiled ??= build(database, placeholders).compile();
    const values = compiled.parameters.map((value) =>
      value instanceof Placeholder ? parameters[value.name as keyof Parameters] : value,
    );
    const query = { ...compiled, parameters: values };
    const connection = plainConnections.get(database);
    return connection ? connection.executeQuery<Row>(query) : database.executeQuery(query);
  };
}
