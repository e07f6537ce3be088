/**
 * What the store asks of DynamoDB, in DynamoDB's own terms and without a client. A transport sends and retries; it
 * knows none of the store's rules.
 */

/** A value as DynamoDB writes it: an object with one member. */
export interface AttributeValue {
  readonly S?: string;
  readonly N?: string;
  readonly B?: Uint8Array;
  readonly BOOL?: boolean;
  readonly M?: Record<string, AttributeValue>;
}

export type Item = Record<string, AttributeValue>;

interface ConditionalWrite {
  readonly TableName: string;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Item;
  readonly ReturnValuesOnConditionCheckFailure?: 'ALL_OLD';
}

export interface PutRequest extends ConditionalWrite {
  readonly Item: Item;
  readonly ReturnValues?: 'ALL_OLD';
}

export interface UpdateRequest extends ConditionalWrite {
  readonly Key: Item;
  readonly UpdateExpression: string;
}

export interface DeleteRequest extends ConditionalWrite {
  readonly Key: Item;
}

export interface GetRequest {
  readonly TableName: string;
  readonly Key: Item;
  readonly ConsistentRead: boolean;
}

/** `replaced`: the item that the write replaced, if asked for. `item`: the one that refused it, if returned. */
export type WriteAnswer =
  | { readonly refused: false; readonly replaced?: Item }
  | { readonly refused: true; readonly item?: Item };

/** Rejects with an error whose `name` is DynamoDB's error code, or the fault's name. A refused condition is an answer. */
export interface Transport {
  putItem(request: PutRequest): Promise<WriteAnswer>;
  updateItem(request: UpdateRequest): Promise<WriteAnswer>;
  deleteItem(request: DeleteRequest): Promise<WriteAnswer>;
  getItem(request: GetRequest): Promise<Item | undefined>;
}
