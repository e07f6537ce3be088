/** A part of a multi-select, or an argument. */
export interface Part {
  readonly node: Node;
  /** As it stands in the expression, for messages. */
  readonly text: string;
  /** Of a multi-select hash: the member's name. */
  readonly name?: string;
  readonly at: number;
}

/** What a projection goes over. `slice`: a list, or a string, which is not projected. */
export type Over = 'list' | 'values' | 'slice';

export type Node =
  | { readonly kind: 'current' | 'root' }
  | { readonly kind: 'literal'; readonly value: unknown }
  /** Fields and indexes, one after the other. */
  | { readonly kind: 'path'; readonly steps: (string | number)[] }
  | { readonly kind: 'slice'; readonly range: readonly (number | undefined)[] }
  | { readonly kind: 'flatten' | 'not' | 'negate' | 'plus'; readonly child: Node }
  /** `chain` stops at null, `pipe` does not. */
  | { readonly kind: 'chain' | 'pipe' | 'or' | 'and'; readonly left: Node; readonly right: Node }
  | {
      readonly kind: 'project';
      readonly left: Node;
      readonly right: Node;
      readonly over: Over;
      readonly filter?: Node;
    }
  | {
      readonly kind: 'compare' | 'arithmetic';
      readonly sign: string;
      readonly left: Node;
      readonly right: Node;
    }
  | { readonly kind: 'ternary'; readonly test: Node; readonly left: Node; readonly right: Node }
  | { readonly kind: 'list' | 'hash'; readonly parts: readonly Part[] }
  /** `&name`, as an argument. */
  | { readonly kind: 'reference'; readonly child: Node }
  | { readonly kind: 'call'; readonly name: string; readonly at: number; readonly parts: readonly Part[] }
  | { readonly kind: 'variable'; readonly name: string; readonly at: number }
  | { readonly kind: 'let'; readonly bindings: readonly Part[]; readonly body: Node };
