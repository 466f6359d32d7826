import { cpuReference } from '@cnn/backend-cpu';
import { grad, OptionError, ShapeError, tensor } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import { losses } from '../src/index.js';
import { expectClose, golden, toTensor } from './helpers.js';

const backend = cpuReference({ poison: true });
const make = {
  cross_entropy: ({ label_smoothing = 0, reduction }: Record<string, unknown>) =>
    losses.softmaxCrossEntropy({ labelSmoothing: label_smoothing as number, reduction: reduction as 'mean' }),
  mse_loss: ({ reduction }: Record<string, unknown>) => losses.meanSquaredError({ reduction: reduction as 'mean' }),
  l1_loss: ({ reduction }: Record<string, unknown>) => losses.meanAbsoluteError({ reduction: reduction as 'mean' }),
};

describe('losses', () => {
  const cases = golden('losses');
  it('have cases', () => expect(cases.length).toBe(13));

  for (const { name, op, attrs, inputs, outputs, grads } of cases) {
    it(`agree with PyTorch: ${name}`, async () => {
      const before = backend.live();
      const loss = make[op as keyof typeof make](attrs);
      const x = toTensor(backend, inputs.x!);
      const target = toTensor(backend, inputs.target!);
      if (attrs.reduction === 'none') {
        const y = loss(x, target);
        expect(y.shape).toEqual(outputs.loss!.shape);
        expectClose(await y.data(), outputs.loss!.data);
        y.dispose();
      } else {
        const result = grad(() => loss(x, target), [x]);
        expect(result.loss.shape).toEqual([]);
        expectClose(await result.loss.data(), outputs.loss!.data);
        expectClose(await result.grads[0]!.data(), grads.x!.data);
        for (const t of [result.loss, ...result.grads]) t.dispose();
      }
      x.dispose();
      target.dispose();
      expect(backend.live()).toBe(before);
    });
  }

  it('refuse shapes that would broadcast', () => {
    const x = tensor(backend, [[1], [2]]);
    const y = tensor(backend, [1, 2]);
    expect(() => losses.meanSquaredError()(x, y)).toThrow(ShapeError);
    expect(() => losses.meanAbsoluteError()(x, y)).toThrow('meanAbsoluteError: predictions [2, 1] for targets [2]');
    x.dispose();
    y.dispose();
  });

  it('refuse impossible options', () => {
    const x = tensor(backend, [[1, 2]]);
    const y = tensor(backend, [1], { dtype: 'int32' });
    expect(() => losses.softmaxCrossEntropy({ labelSmoothing: 1 })(x, y)).toThrow(OptionError);
    expect(() => losses.softmaxCrossEntropy({ reduction: 'max' as 'mean' })(x, y)).toThrow(/option 'reduction' is 'max'/);
    expect(() => losses.meanSquaredError({ reduction: 'max' as 'mean' })).toThrow(
      /meanSquaredError: option 'reduction' is 'max'/,
    );
    x.dispose();
    y.dispose();
  });
});

it('refuses an option that the cross-entropy does not have, when it is given', () => {
  expect(() => losses.softmaxCrossEntropy({ smoothing: 0.1 } as object)).toThrow(
    /softmaxCrossEntropy: option 'smoothing' is 0\.1/,
  );
  expect(() => losses.softmaxCrossEntropy({ labelSmoothing: 1 })).toThrow(
    /option 'labelSmoothing' is 1; allowed: a number in \[0, 1\)/,
  );
});
