/** An exact change of the text of one file. It must fit once: where the file has changed, the bug must be planted anew. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

/** A bug that this library could have, or once had. */
export interface PlantedBug {
  readonly name: string;
  readonly says: string;
  readonly edits: readonly Edit[];
  /** Whether it lies in a part that the exhaustive model shares; the rest of the core is modelled there. */
  readonly isInModel?: boolean;
}

export const edit = (file: string, find: string, put: string): Edit => ({ file, find, put });
