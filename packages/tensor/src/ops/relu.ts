/** Ops that end with relu. */
import type { Op } from '../op.js';
import { none, one } from './common.js';
import { relu, reluGradOp } from './unary.js';

/** What an op may do to its result. */
export type Activation = 'none' | 'relu';

/** All of these. */
export const activations: readonly Activation[] = ['none', 'relu'];

/** An op of one output and relu as one op, which a backend may run in one go. The op's gradient rule, which it must have, may not read its output. */
/* @__NO_SIDE_EFFECTS__ */
export function withRelu<A>(name: string, op: Op<A>): Op<A> {
  return {
    name,
    infer: op.infer,
    compose: (inputs, attrs) => [relu(one(op, inputs, attrs))],
    vjp: ([dy], context) => op.vjp!([one(reluGradOp, [context.outputs[0]!, dy!], none)], context),
    saves: [...(op.saves ?? []), 'outputs'],
  };
}
