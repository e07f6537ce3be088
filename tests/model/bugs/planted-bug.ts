/**
 * A change of one place in the source, found by the syntax tree: the node in the named declaration that reads as
 * `find`, however it is formatted and wherever its declaration lies.
 */
export interface Edit {
  /** A function, constant or class at the top of its file. */
  readonly declaration: string;
  /** An expression or a statement in it. White space, comments and trailing commas do not matter. */
  readonly find: string;
  readonly put: string;
  /** Where the declaration's name is not unique in `src`, or lies elsewhere. */
  readonly file?: string;
}

/** A bug that this library could have, or once had. */
export interface PlantedBug {
  readonly name: string;
  readonly says: string;
  readonly edits: readonly Edit[];
  /** Whether it lies in a part that the exhaustive model shares; the rest of the core is modelled there. */
  readonly isInModel?: boolean;
}

export const edit = (declaration: string, find: string, put: string, file?: string): Edit => ({
  declaration,
  find,
  put,
  ...(file !== undefined && { file }),
});
