/** Softmax, logSumExp and the cross-entropy: values by PyTorch 1.13, infinities, wrong labels. */
import { cpuReference } from '@cnn/backend-cpu';
import { ops, type Tensor, tensor } from '@cnn/tensor';
import { afterEach, describe, expect, test } from 'vitest';
import { directKernels } from './direct-kernels.js';
import { expectClose, float64, gradientOf, valuesOf } from './helpers.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

for (const [label, kernels] of [
  ['compositions', {}],
  ['kernels', directKernels],
] as const) {
  describe(label, () => {
    const backend = cpuReference({ poison: true, kernels });
    afterEach(() => expect(backend.live()).toBe(0));
    const x = (numbers: Parameters<typeof tensor>[1], shape?: readonly number[]): Tensor => float64(backend, numbers, shape);
    const labels = (numbers: Parameters<typeof tensor>[1]): Tensor => tensor(backend, numbers, { dtype: 'int32' });

    test('logSumExp of large numbers and infinities', () => {
      const rows = (): Tensor =>
        x([
          [1000, 1000],
          [-1000, -1001],
          [-inf, 0],
          [-inf, -inf],
          [inf, 1],
          [nan, 1],
        ]);
      const wanted = [1000 + Math.LN2, -1000 + Math.log1p(Math.exp(-1)), 0, -inf, inf, nan];
      expectClose(
        valuesOf(() => ops.logSumExp(rows(), 1)),
        wanted,
        1e-15,
      );
    });

    test('softmax does not overflow', () => {
      expectClose(
        valuesOf(() => ops.softmax(x([1000, 1000, -1000]))),
        [0.5, 0.5, 0],
      );
      expectClose(
        valuesOf(() =>
          ops.softmax(
            x([
              [0, Math.log(3)],
              [0, -inf],
            ]),
          ),
        ),
        [0.25, 0.75, 1, 0],
      );
      expectClose(
        valuesOf(() => ops.logSoftmax(x([1000, 0]))),
        [0, -1000],
      );
    });

    test('labels by hand', () => {
      // softmax of [0, log 3] is [1/4, 3/4].
      const logits = x([
        [0, Math.log(3)],
        [0, Math.log(3)],
      ]);
      const targets = labels([0, 1]);
      const run =
        (options: ops.SoftmaxCrossEntropyOptions) =>
        (z: Tensor): Tensor =>
          ops.softmaxCrossEntropy(z, targets, options);
      expectClose(
        valuesOf(() => run({ reduction: 'none' })(logits)),
        [Math.log(4), Math.log(4 / 3)],
      );
      expectClose(
        valuesOf(() => run({})(logits)),
        [(Math.log(4) + Math.log(4 / 3)) / 2],
      );
      expectClose(
        valuesOf(() => run({ reduction: 'sum' })(logits)),
        [Math.log(4) + Math.log(4 / 3)],
      );
      expectClose(gradientOf(run({}), logits), [-3 / 8, 3 / 8, 1 / 8, -1 / 8]);
      expectClose(gradientOf(run({ reduction: 'sum' }), logits), [-3 / 4, 3 / 4, 1 / 4, -1 / 4]);
      logits.dispose();
      targets.dispose();
    });

    test('smoothing a label is a soft target', () => {
      const logits = (): Tensor => x([[1, -2, 0.5]]);
      const smoothed = valuesOf(() => ops.softmaxCrossEntropy(logits(), labels([1]), { labelSmoothing: 0.3 }));
      expectClose(
        smoothed,
        valuesOf(() => ops.softmaxCrossEntropy(logits(), x([[0.1, 0.8, 0.1]]))),
      );
    });

    // The logits are ((5 i mod 13) - 6) / 4 in [2, 3, 2, 2].
    const spatial = (): Tensor =>
      x(
        Array.from({ length: 24 }, (_, i) => (((i * 5) % 13) - 6) / 4),
        [2, 3, 2, 2],
      );

    test('labels over pixels, smoothed and not', () => {
      const targets = labels([
        [
          [0, 1],
          [2, 0],
        ],
        [
          [1, 1],
          [0, 2],
        ],
      ]);
      const run =
        (options: ops.SoftmaxCrossEntropyOptions) =>
        (z: Tensor): Tensor =>
          ops.softmaxCrossEntropy(z, targets, options);
      expectClose(
        valuesOf(() => run({ reduction: 'none' })(spatial())),
        [2.084258433, 0.3342584334, 0.6691488742, 2.084258433, 2.419148874, 0.3342584334, 2.084258433, 0.6691488742],
      );
      expectClose(
        valuesOf(() => run({ reduction: 'none', labelSmoothing: 0.1 })(spatial())),
        [2.017591767, 0.4425917667, 0.7358155409, 2.017591767, 2.310815541, 0.4425917667, 2.017591767, 0.7358155409],
      );
      expectClose(
        valuesOf(() => run({ labelSmoothing: 0.1 })(spatial())),
        [1.340050682],
      );
      const logits = spatial();
      expectClose(
        gradientOf(run({ labelSmoothing: 0.1 }), logits),
        [
          -0.1011167496, 0.01138325038, 0.04569063025, -0.1011167496, 0.08531692757, -0.02718307243, 0.006957999978,
          0.08531692757, 0.01579982205, 0.01579982205, -0.05264863022, 0.01579982205, 0.04569063025, 0.01138325038, -0.1011167496,
          0.04569063025, -0.105542, -0.02718307243, 0.08531692757, 0.006957999978, 0.05985136978, 0.01579982205, 0.01579982205,
          -0.05264863022,
        ],
      );
      logits.dispose();
      targets.dispose();
    });

    test('soft targets over pixels', () => {
      // The targets are softmax(((3 i mod 7) - 3)) over the classes.
      const soft = (): Tensor =>
        ops.softmax(
          x(
            Array.from({ length: 24 }, (_, i) => ((i * 3) % 7) - 3),
            [2, 3, 2, 2],
          ),
          1,
        );
      expectClose(
        valuesOf(() => ops.softmaxCrossEntropy(spatial(), soft(), { reduction: 'none' })),
        [0.5223324784, 1.836473096, 1.091145456, 1.836473096, 2.202924853, 1.874996125, 0.5223324784, 0.692090285],
      );
      expectClose(
        valuesOf(() => ops.softmaxCrossEntropy(spatial(), soft(), { reduction: 'none', labelSmoothing: 0.1 })),
        [0.6118584072, 1.794584963, 1.115612464, 1.794584963, 2.116213922, 1.829255689, 0.6118584072, 0.7564628106],
      );
    });

    test.each([-1, 2, 2 ** 31 - 1])(
      'the label %i of two classes gives NaN, in the loss and in the row of its gradient',
      label => {
        for (const labelSmoothing of [0, 0.1]) {
          const logits = x([
            [0, 1],
            [2, 3],
          ]);
          const targets = labels([label, 0]);
          const run = (z: Tensor): Tensor => ops.softmaxCrossEntropy(z, targets, { labelSmoothing, reduction: 'none' });
          const [wrong, right] = valuesOf(() => run(logits));
          expect([wrong, Number.isFinite(right)]).toEqual([nan, true]);
          const gradient = gradientOf(run, logits);
          expect(gradient.slice(0, 2)).toEqual([nan, nan]);
          expect(gradient.slice(2).every(Number.isFinite)).toBe(true);
          expect(valuesOf(() => ops.mean(run(logits)))).toEqual([nan]);
          logits.dispose();
          targets.dispose();
        }
      },
    );

    test('logits so large that exp overflows', () => {
      const logits = x([
        [1e6, 0],
        [0, -1e6],
      ]);
      const targets = labels([1, 0]);
      const run = (z: Tensor): Tensor => ops.softmaxCrossEntropy(z, targets, { reduction: 'none' });
      expectClose(
        valuesOf(() => run(logits)),
        [1e6, 0],
      );
      expectClose(gradientOf(run, logits), [1, -1, 0, 0]);
      logits.dispose();
      targets.dispose();
    });
  });
}
