export { ConformanceError } from './conformance-error.js';
export { checkLayer } from './plugins/check-layer.js';
export { checkOptimizer } from './plugins/check-optimizer.js';
