export { type LbfgsOptions, lbfgs } from './lbfgs.js';
export { type Method, type MethodState, type MinimiseOptions, minimise } from './method.js';
export { type NewtonOptions, newton } from './newton.js';
export { type RandomSearchOptions, randomSearch } from './random-search.js';
