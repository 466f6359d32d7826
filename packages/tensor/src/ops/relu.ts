/** Ops that end with relu. */
import type { Op, VectorJacobianProduct } from '../op.js';
import { none, one } from './common.js';
import { relu, reluGradOp } from './unary.js';

/** What an op may do to its result. */
export type Activation = (typeof activations)[number];

/** All of these. */
export const activations = ['none', 'relu'] as const;

/** An op of one output and relu as one op, which a backend may run in one go. The gradient rule of the op must not read its output. */
/* @__NO_SIDE_EFFECTS__ */
export function withRelu<A>(name: string, op: Op<A> & { readonly vjp: VectorJacobianProduct<A> }): Op<A> {
  const { vjp, saves = [] } = op;
  return {
    name,
    infer: op.infer,
    compose: (inputs, attrs) => [relu(one(op, inputs, attrs))],
    vjp: ([dy], context) => vjp([one(reluGradOp, [context.outputs[0]!, dy!], none)], context),
    saves: [...saves, 'outputs'],
  };
}
