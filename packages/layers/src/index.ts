export {
  type ActivationStatisticsOptions,
  activationStatistics,
  type LayerStatistics,
  type ValueStatistics,
} from './activation-statistics.js';
export * from './graph.js';
export type { Initialiser, InitialiserConfig } from './initialisers.js';
export * as initialisers from './initialisers.js';
export * from './layer.js';
export * from './layers/index.js';
export type { Loss } from './losses/index.js';
export * as losses from './losses/index.js';
export * from './model-json.js';
export * from './net.js';
export { type Plan, type PlannedLayer, planModel } from './plan.js';
export * from './safetensors.js';
export { standardLayers } from './standard-layers.js';
export * from './summary.js';
export * from './weights.js';
