/** What the scripts in peers/ import. */
export { convolutionShapes, matrixSizes } from './items/shapes.js';
export { serve } from './peers/serve.js';
