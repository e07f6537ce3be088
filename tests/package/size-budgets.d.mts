export interface SizeBudget {
  readonly name: string;
  readonly limit: string;
  readonly imports: Readonly<Record<string, '*' | readonly string[]>>;
  readonly external?: readonly string[];
  readonly isStartOnly?: boolean;
}
export declare const sizeBudgets: readonly SizeBudget[];
