export declare const expectedExports: Readonly<Record<string, readonly string[]>>;
