/** Fields that change with every attempt: a key made of one never recognises a duplicate. */

export interface UnstableField {
  /** Path in the event, or in one of its records. */
  readonly path: readonly string[];
  readonly why: string;
  /** What to use instead. */
  readonly instead: string;
}

export interface UnstableFields {
  readonly fields: readonly UnstableField[];
  /** Fields of a single source; `mark` is a member that only its events have. */
  readonly ofSources: readonly {
    readonly source: string;
    readonly mark: string;
    readonly field: UnstableField;
  }[];
  /** Where in an event the path of a field may start. */
  readonly places: readonly (readonly string[])[];
  /** Where an event has headers, whose names may be in any letter case. */
  readonly headers: readonly (readonly string[])[];
  /**
   * The field that makes a whole payload no key: it is an event of a service, and the field is new with every attempt.
   * Undefined for any other payload.
   */
  ofEvent(payload: object): UnstableField | undefined;
}
