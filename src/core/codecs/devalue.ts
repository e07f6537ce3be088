/**
 * The parts of devalue that are used. The build replaces the compiled file with a bundle: devalue is only an ES module,
 * which a CommonJS build cannot load in Jest or in Node before 20.19.
 */
export { parse, stringify } from 'devalue';
