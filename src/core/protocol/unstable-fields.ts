/** Fields that change with every attempt: as keys they let every duplicate through. Which they are is handed in. */

export interface UnstableField {
  /** Of the event, or of a record in it. */
  readonly path: readonly string[];
  readonly why: string;
  /** What to use instead. */
  readonly instead: string;
}

export interface UnstableFields {
  readonly fields: readonly UnstableField[];
  /** Fields of one source only: `mark` is a member that its events have. */
  readonly ofSources: readonly {
    readonly source: string;
    readonly mark: string;
    readonly field: UnstableField;
  }[];
  /** Where in an event a field's path may start. */
  readonly places: readonly (readonly string[])[];
  /** Where an event has headers, whose names are of any letter case. */
  readonly headers: readonly (readonly string[])[];
}
