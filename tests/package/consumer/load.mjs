/** What a user's ES module gets. */
export const load = (path) => import(path);
export const resolve = (path) => import.meta.resolve(path);
