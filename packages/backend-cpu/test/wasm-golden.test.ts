/** Numbers that PyTorch 1.13 made in float64 (the fixtures name its seed) against the kernels of both builds. */
import { readFileSync } from 'node:fs';
import type { AdamStepAttrs, MaxPoolAttrs, Shape, TypedArray } from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import { backends, expectClose, f32, i32, type Operand, run } from './wasm-helpers.js';

interface Golden {
  readonly shape: Shape;
  readonly data: number[];
}
type Tensors = Record<string, Golden>;
interface Case {
  readonly name: string;
  readonly op: string;
  // biome-ignore lint/suspicious/noExplicitAny: attributes differ from op to op
  readonly attrs: any;
  readonly inputs: Tensors;
  readonly outputs: Tensors;
  readonly grad_outputs: Tensors;
  readonly grads: Tensors;
  // biome-ignore lint/suspicious/noExplicitAny: steps differ from op to op
  readonly steps: any[];
}

const suite = (name: string): Case[] =>
  JSON.parse(readFileSync(new URL(`../../tensor/test/fixtures/golden/${name}.json`, import.meta.url), 'utf8')).cases;
const named = (cases: Case[], ...ops: string[]) => cases.filter(({ op }) => ops.includes(op)).map(c => [c.name, c] as const);

const floats = ({ shape, data }: Golden): Operand => f32(shape, data);
const relative = 1e-4;
const absolute = 1e-5;
const check = (actual: TypedArray | undefined, expected: Golden, tolerance = relative) =>
  expectClose(actual!, expected.data, tolerance, absolute);

describe.each(backends)('PyTorch, %s', (_, backend) => {
  test.each(named(suite('pools'), 'max_pool2d', 'avg_pool2d'))('%s', (_, { op, attrs, inputs, outputs, grad_outputs, grads }) => {
    const x = inputs.x!;
    const y = outputs.y!;
    const both = ([a, b]: number[]) => [[a!, a!] as const, [b!, b!] as const];
    const pool: MaxPoolAttrs = {
      kernelSize: attrs.kernel,
      stride: attrs.stride,
      padding: both(attrs.padding),
      dilation: attrs.dilation ?? [1, 1],
      ceilMode: attrs.ceil_mode,
    };
    const inputSize = x.shape.slice(2);
    if (op === 'max_pool2d') {
      const [values, indices] = run(backend, 'maxPool2d', [floats(x)], pool, [y, { shape: y.shape, dtype: 'int32' }]);
      check(values, y);
      expect([...indices!]).toEqual(outputs.indices!.data);
      const [dx] = run(backend, 'maxPool2dGrad', [floats(grad_outputs.y!), i32(y.shape, indices!)], { inputSize }, [x]);
      check(dx, grads.x!);
    } else {
      const average = { ...pool, countIncludePad: attrs.count_include_pad };
      check(run(backend, 'avgPool2d', [floats(x)], average, [y])[0], y);
      check(run(backend, 'avgPool2dGrad', [floats(grad_outputs.y!)], { ...average, inputSize }, [x])[0], grads.x!);
    }
  });

  test.each(named(suite('norms'), 'batch_norm'))('%s', (name, { attrs, inputs, steps }) => {
    const tolerance = name === 'bn2d_train_big_mean' ? 1e-3 : relative;
    const epsilon: number = attrs.eps;
    for (const step of steps) {
      const x = step.inputs.x as Golden;
      const channels = [x.shape[1]!];
      const ones = f32(channels, new Float32Array(channels[0]!).fill(1));
      const weight = inputs.weight ? floats(inputs.weight) : ones;
      const bias = inputs.bias ? floats(inputs.bias) : f32(channels, new Float32Array(channels[0]!));
      if (attrs.training) {
        const outputs = [x, { shape: channels }, { shape: channels }];
        const [y, mean, variance] = run(backend, 'batchNorm', [floats(x), weight, bias], { epsilon }, outputs);
        check(y, step.outputs.y, tolerance);
        const statistics = [f32(channels, mean!), f32(channels, variance!)];
        const dy = floats(step.grad_outputs.y);
        const [dx, dweight, dbias] = run(backend, 'batchNormGrad', [dy, floats(x), weight, ...statistics], { epsilon }, outputs);
        check(dx, step.grads.x, tolerance);
        if (inputs.weight) {
          check(dweight, step.grads.weight, tolerance);
          check(dbias, step.grads.bias, tolerance);
        }
      } else {
        const statistics = [floats(inputs.running_mean!), floats(inputs.running_var!)];
        check(run(backend, 'batchNormInference', [floats(x), weight, bias, ...statistics], { epsilon }, [x])[0], step.outputs.y);
      }
    }
  });

  test.each(named(suite('losses'), 'cross_entropy').filter(([name]) => /none|smoothing|soft|huge|sum/.test(name)))(
    '%s',
    (name, { attrs, inputs, outputs, grads }) => {
      const x = inputs.x!;
      const target = inputs.target!;
      const [n] = x.shape as [number];
      const labels = target.shape.length === 1 ? i32(target.shape, target.data) : floats(target);
      const labelSmoothing: number = attrs.label_smoothing ?? 0;
      const tolerance = name === 'ce_huge_logits' ? 1e-3 : relative;
      const [losses] = run(backend, 'softmaxCrossEntropy', [floats(x), labels], { labelSmoothing }, [{ shape: [n] }]);
      const total = Array.from(losses!).reduce((sum, loss) => sum + loss, 0);
      const scale = attrs.reduction === 'mean' ? 1 / n : 1;
      if (attrs.reduction === 'none') check(losses, outputs.loss!, tolerance);
      else expectClose([total * scale], outputs.loss!.data, tolerance, absolute);
      const dy = f32([n], new Float32Array(n).fill(scale));
      check(run(backend, 'softmaxCrossEntropyGrad', [dy, floats(x), labels], { labelSmoothing }, [x])[0], grads.x!, tolerance);
    },
  );

  const optimizers = named(suite('optimizers'), 'sgd', 'adam', 'adamw', 'adadelta').filter(([, { attrs }]) => !attrs.amsgrad);
  test.each(optimizers)('%s', (_, { op, attrs, inputs, steps }) => {
    for (const [name, reuse] of [
      ['w', true],
      ['b', false],
    ] as const) {
      let state = [
        inputs[name]!.data,
        new Float32Array(steps[0][name].data.length),
        new Float32Array(steps[0][name].data.length),
      ];
      steps.forEach((step, i) => {
        const expected: Golden = step[name];
        const operands = state.map(data => f32(expected.shape, data));
        const gradient = floats(step[`grad_${name}`]);
        if (op === 'sgd') {
          const momentum: number = attrs.momentum ?? 0;
          const count = momentum === 0 ? 1 : 2;
          const sgd = {
            learningRate: attrs.lr,
            momentum,
            dampening: attrs.dampening ?? 0,
            nesterov: attrs.nesterov ?? false,
            weightDecay: attrs.weight_decay ?? 0,
            first: i === 0,
          };
          const slots = operands.slice(0, count);
          state = run(
            backend,
            'sgdStep',
            [...slots, gradient],
            sgd,
            slots,
            slots.map(() => reuse),
          ) as Float32Array[];
          state = [state[0]!, state[1] ?? new Float32Array(0)];
        } else if (op === 'adadelta') {
          const adadelta = { learningRate: attrs.lr, rho: attrs.rho, epsilon: attrs.eps, weightDecay: 0 };
          const reused = operands.map(() => reuse);
          state = run(backend, 'adadeltaStep', [...operands, gradient], adadelta, operands, reused) as Float32Array[];
        } else {
          const adam: AdamStepAttrs = {
            learningRate: attrs.lr,
            beta1: attrs.betas[0],
            beta2: attrs.betas[1],
            epsilon: attrs.eps,
            weightDecay: attrs.weight_decay ?? 0,
            decoupled: op === 'adamw',
            step: i + 1,
          };
          state = run(
            backend,
            'adamStep',
            [...operands, gradient],
            adam,
            operands,
            operands.map(() => reuse),
          ) as Float32Array[];
        }
        check(state[0] as Float32Array, expected);
      });
    }
  });
});
