import type { Node } from 'constructs';

export interface Settings {
  /** Part of the stack's name, so that stages live side by side in one account. */
  readonly stage: string;
  /** Whether tables, queues and logs go with the stack. */
  readonly disposable: boolean;
}

/**
 * What `--context stage=…` and `--context disposable=true` say. The default is a stack that stays.
 *
 * @throws Error that names the setting and what it must be
 */
export const settingsOf = (node: Pick<Node, 'tryGetContext'>): Settings => {
  const stage = `${node.tryGetContext('stage') ?? 'dev'}`;
  if (!/^[a-z][a-z0-9]{0,15}$/.test(stage)) {
    throw new Error('The context `stage` must be 1 to 16 lower-case letters and digits, a letter first.');
  }
  const disposable = `${node.tryGetContext('disposable') ?? false}`;
  if (disposable !== 'true' && disposable !== 'false') {
    throw new Error('The context `disposable` must be true or false.');
  }
  return { stage, disposable: disposable === 'true' };
};
