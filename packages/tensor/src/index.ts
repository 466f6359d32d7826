export * from './errors.js';
export { checkOptions, option, type OptionRule } from './options.js';
export * from './random.js';
