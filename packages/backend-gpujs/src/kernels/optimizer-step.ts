import { sizeOf } from '@cnn/tensor';
import type { DeviceKernels } from '../program.js';

const gradient = 'const g = gradient[t] + decay * parameter[t];';

/** One step of an optimizer; see the ops for the formulas. Nothing is overwritten: the results are new arrays. */
export const optimizerStep: DeviceKernels<'sgdStep' | 'adamStep' | 'adadeltaStep'> = {
  sgdStep: {
    plan: (launch, inputs, { momentum, nesterov, first }) => {
      const size = sizeOf(inputs[0]!.shape);
      const arrays = { parameter: 0, gradient: inputs.length - 1 };
      if (momentum === 0) return [launch(size, arrays, `${gradient}\nreturn parameter[t] - rate * g;`)];
      const next = first ? 'g' : 'velocity[t] * momentum + g * undamped';
      const velocity = launch(size, { ...arrays, ...(!first && { velocity: 1 }) }, `${gradient}\nreturn ${next};`);
      const direction = nesterov ? 'g + velocity[t] * momentum' : 'velocity[t]';
      return [launch(size, { ...arrays, velocity }, `${gradient}\nreturn parameter[t] - rate * (${direction});`), velocity];
    },
    scalars: ({ learningRate, momentum, dampening, weightDecay }) => ({
      rate: learningRate,
      momentum,
      undamped: 1 - dampening,
      decay: weightDecay,
    }),
    key: ({ momentum, nesterov, first }) => [momentum === 0, nesterov, first],
  },
  adamStep: {
    plan: (launch, [parameter]) => {
      const size = sizeOf(parameter!.shape);
      const m = launch(size, { parameter: 0, m: 1, gradient: 3 }, `${gradient}\nreturn m[t] * beta1 + g * gain1;`);
      const v = launch(size, { parameter: 0, v: 2, gradient: 3 }, `${gradient}\nreturn v[t] * beta2 + g * g * gain2;`);
      const body = 'return parameter[t] * keep - m[t] / (Math.sqrt(v[t]) / correction2 + epsilon) * rate;';
      return [launch(size, { parameter: 0, m, v }, body), m, v];
    },
    scalars: ({ learningRate, beta1, beta2, epsilon, weightDecay, decoupled, step }) => ({
      beta1,
      beta2,
      gain1: 1 - beta1,
      gain2: 1 - beta2,
      correction2: Math.sqrt(1 - beta2 ** step),
      epsilon,
      rate: learningRate / (1 - beta1 ** step),
      decay: decoupled ? 0 : weightDecay,
      keep: decoupled ? 1 - learningRate * weightDecay : 1,
    }),
    key: () => 0,
  },
  adadeltaStep: {
    plan: (launch, [parameter]) => {
      const size = sizeOf(parameter!.shape);
      const arrays = { parameter: 0, gradient: 3 };
      const squares = launch(size, { ...arrays, squares: 1 }, `${gradient}\nreturn squares[t] * rho + g * g * gain;`);
      const update = launch(
        size,
        { ...arrays, squares, updates: 2 },
        `${gradient}\nreturn Math.sqrt(updates[t] + epsilon) / Math.sqrt(squares[t] + epsilon) * g;`,
      );
      const updates = launch(size, { update, updates: 2 }, 'return updates[t] * rho + update[t] * update[t] * gain;');
      return [launch(size, { parameter: 0, update }, 'return parameter[t] - rate * update[t];'), squares, updates];
    },
    scalars: ({ learningRate, rho, epsilon, weightDecay }) => ({
      rate: learningRate,
      rho,
      gain: 1 - rho,
      epsilon,
      decay: weightDecay,
    }),
    key: () => 0,
  },
};
