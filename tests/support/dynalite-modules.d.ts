/** The parts of dynalite 4.0.0, which ships no types, that `dynalite.ts` touches. */

declare module 'dynalite' {
  import type { Server } from 'node:http';

  namespace dynalite {
    interface Options {
      createTableMs?: number;
      deleteTableMs?: number;
      updateTableMs?: number;
      /** Not dynalite's own: it keeps the options object, so the switch lives on the server's store. */
      returnsOldItem?: boolean;
    }
    interface Store {
      options: Options;
    }
    /** A request's parameters, once dynalite has checked their types. */
    interface Parameters {
      ReturnValuesOnConditionCheckFailure?: string;
    }
  }

  function dynalite(options?: dynalite.Options): Server;
  export = dynalite;
}

declare module 'dynalite/db/index.js' {
  import type { Parameters } from 'dynalite';

  interface RefusedRequest extends Error {
    body: { __type: string; message: string; Item?: object };
  }

  interface Database {
    checkConditional(data: Parameters, existingItem: object | undefined): RefusedRequest | null | undefined;
    [mark: symbol]: unknown;
  }

  const database: Database;
  export = database;
}

declare module 'dynalite/validations/*.js' {
  import type { Parameters, Store } from 'dynalite';

  interface Validation {
    types: { ReturnValuesOnConditionCheckFailure?: { type: string; enum: string[] } };
    custom(data: Parameters, store: Store): string | undefined;
  }

  const validation: Validation;
  export = validation;
}
