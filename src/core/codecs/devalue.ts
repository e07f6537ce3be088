/**
 * The part of devalue that is used. The build replaces the compiled file by a bundle of it: devalue is an ES module
 * only, which a CommonJS build cannot load in Jest, nor in Node before 20.19.
 */
export { parse, stringify } from 'devalue';
