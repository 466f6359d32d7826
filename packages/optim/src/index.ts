export { type Clipped, clipByGlobalNorm, clipByValue } from './clip.js';
export * from './closures/index.js';
export {
  type AnyOptimizerFactory,
  defineOptimizer,
  Optimizer,
  type OptimizerConfig,
  type OptimizerDefinition,
  type OptimizerFactory,
  optimizerFromJSON,
  type ResolvedConfig,
} from './optimizer.js';
export { OptimizerState, type StepConfig } from './optimizer-state.js';
export * from './optimizers/index.js';
export { type AnyParameterGroup, matches, type ParameterGroup } from './parameter-group.js';
export {
  type AnyScheduleFactory,
  defineSchedule,
  Schedule,
  type ScheduleDefinition,
  type ScheduleFactory,
  scheduleFromJSON,
  scheduleOption,
} from './schedule.js';
export * from './schedules/index.js';
export { WeightAverage, type WeightAverageOptions } from './weight-average.js';
