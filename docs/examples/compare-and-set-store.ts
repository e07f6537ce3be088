import type {
  ClaimAnswer,
  ClaimMoment,
  HolderAnswer,
  Outcome,
  PersistenceStore,
  RunningRecord,
  StoredRecord,
} from 'lambda-idempotency';

/** What many databases offer in some form: versioned values, written only if nobody else has written meanwhile. */
export interface KeyValues {
  get(key: string): Promise<{ readonly text: string; readonly version: number } | undefined>;
  /** Writes, or deletes without `text`, if the key still has this version (0: absent). Returns whether it did. */
  compareAndSet(key: string, version: number, text: string | undefined): Promise<boolean>;
}

interface Change<Answer> {
  readonly answer: Answer;
  readonly write?: StoredRecord | 'delete' | undefined;
}

/** A record is JSON except for a codec's data, which may be bytes. Bytes become what a Buffer is in JSON. */
const toText = (record: StoredRecord): string =>
  JSON.stringify(record, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toJSON() : value));

const fromText = (text: string): StoredRecord =>
  JSON.parse(text, (_, value) => (value?.type === 'Buffer' ? Buffer.from(value.data) : value));

/** A store over any such database. */
export class CompareAndSetStore implements PersistenceStore {
  readonly #values: KeyValues;

  constructor(values: KeyValues) {
    this.#values = values;
  }

  claim(record: RunningRecord, { now, leaseOverAt, takesOver }: ClaimMoment): Promise<ClaimAnswer> {
    return this.#change<ClaimAnswer>(record.key, (existing) => {
      const isProtected =
        existing?.status === 'running'
          ? existing.leaseUntil > leaseOverAt || (takesOver ?? existing.fence) !== existing.fence
          : existing && existing.expiresAt > now;
      if (existing && isProtected) return { answer: { claimed: false, existing } };
      return { answer: { claimed: true, ...(existing && { replaced: existing }) }, write: record };
    });
  }

  settle(key: string, fence: string, outcome: Outcome): Promise<HolderAnswer> {
    return this.#asHolder(key, fence, ({ leaseUntil: _, ...record }) => ({
      ...record,
      status: 'done',
      ...outcome,
    }));
  }

  renew(key: string, fence: string, leaseUntil: number, expiresAt: number): Promise<HolderAnswer> {
    return this.#asHolder(key, fence, (held) =>
      held.leaseUntil > leaseUntil ? held : { ...held, leaseUntil, expiresAt },
    );
  }

  release(key: string, fence: string, remains?: RunningRecord): Promise<HolderAnswer> {
    return this.#asHolder(key, fence, () => remains ?? 'delete');
  }

  async read(key: string): Promise<StoredRecord | undefined> {
    const value = await this.#values.get(key);
    return value && fromText(value.text);
  }

  #asHolder(
    key: string,
    fence: string,
    change: (held: RunningRecord) => StoredRecord | 'delete',
  ): Promise<HolderAnswer> {
    return this.#change<HolderAnswer>(key, (existing) =>
      existing?.status === 'running' && existing.fence === fence
        ? { answer: { held: true }, write: change(existing) }
        : { answer: { held: false, ...(existing && { existing }) } },
    );
  }

  /** Reads, decides and writes, and starts over if another writer was faster. */
  async #change<Answer>(
    key: string,
    decide: (existing: StoredRecord | undefined) => Change<Answer>,
  ): Promise<Answer> {
    for (;;) {
      const value = await this.#values.get(key);
      const { answer, write } = decide(value && fromText(value.text));
      if (!write) return answer;
      const text = write === 'delete' ? undefined : toText(write);
      if (await this.#values.compareAndSet(key, value?.version ?? 0, text)) return answer;
    }
  }
}
