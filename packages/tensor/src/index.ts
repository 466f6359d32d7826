export * as ops from '@cnn/tensor/ops';
export { apply, step } from './apply.js';
export type { AnyBackend, Backend } from './backend.js';
export { type Captured, capture } from './capture.js';
export { type Cost, costs, flopsOf } from './costs.js';
export { crc32 } from './crc32.js';
export * from './errors.js';
export { type Fallback, type WithFallback, withFallback } from './fallback.js';
export { type GradContext, type Gradients, grad } from './grad.js';
export {
  type CheckedElement,
  type CheckedInput,
  type GradientCheck,
  type GradientCheckOptions,
  gradientCheck,
  type Kink,
} from './gradient-check.js';
export type * from './kernels.js';
export { withLabel } from './label.js';
export type { Op, Saved, VectorJacobianProduct, VjpContext } from './op.js';
export { checkOptions, type OptionRule, option } from './options.js';
export { isPrimitive } from './primitives.js';
export { type Profiler, profile } from './profile.js';
export { formatProfile, type LayerProfile, type ProfileReport, type ProfileRow } from './profile-report.js';
export type { Trace, TraceEvent } from './profile-trace.js';
export * from './random.js';
export { shadow } from './shadow.js';
export { type NoBuffer, type ObservedOp, shapesBackend } from './shapes-backend.js';
export {
  arrayTypes,
  byteLengthOf,
  checkShape,
  type DType,
  isFloat,
  type Nested,
  type Shape,
  type Spec,
  sameShape,
  showShape,
  showSpec,
  sizeOf,
  stridesOf,
  type TypedArray,
  toTypedArray,
} from './spec.js';
export { alias, Tensor, tensor, tensorsIn, tidy } from './tensor.js';
export { Variable } from './variable.js';
export { VERSION } from './version.js';
