/**
 * Every composite as a kernel of its own, straight from its definition in nested loops: what compositions and gradient rules
 * are compared with. Nothing here is shared with the code under test but the attributes.
 */
import type { CpuReferenceKernels, CpuReferenceRuntime } from '@cnn/backend-cpu';
import {
  type ConvolutionAttrs,
  type MaxPoolAttrs,
  randomBernoulli,
  type Shape,
  type Spec,
  type TypedArray,
  type View,
} from '@cnn/tensor';

type Four = [number, number, number, number];
type Input = View<TypedArray>;

/** Calls back for every index of a shape, with its position in the flat array. */
function eachIndex(shape: Shape, visit: (index: number[], at: number) => void): void {
  const index = shape.map(() => 0);
  const size = shape.reduce((a, b) => a * b, 1);
  for (let at = 0; at < size; at++) {
    visit(index, at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
}

/** Calls back for each tap of a convolution that meets a pixel, with the positions in image, weight and output. */
function eachTap(
  image: Shape,
  weight: Shape,
  output: Shape,
  { stride, padding, dilation, groups }: ConvolutionAttrs,
  visit: (x: number, w: number, y: number) => void,
): void {
  const [, channels, height, width] = image as Four;
  const [filters, perGroup, kernelHeight, kernelWidth] = weight as Four;
  eachIndex(output, ([n, o, i, j], y) => {
    const group = Math.floor(o! / (filters / groups));
    for (let c = 0; c < perGroup; c++) {
      for (let u = 0; u < kernelHeight; u++) {
        for (let v = 0; v < kernelWidth; v++) {
          const row = i! * stride[0]! - padding[0]![0] + u * dilation[0]!;
          const column = j! * stride[1]! - padding[1]![0] + v * dilation[1]!;
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          const x = ((n! * channels + group * perGroup + c) * height + row) * width + column;
          visit(x, ((o! * perGroup + c) * kernelHeight + u) * kernelWidth + v, y);
        }
      }
    }
  });
}

/** The pixels of each window of a pool, as positions in the image, and how many of its taps lie inside the padded image. */
function eachWindow(
  image: Shape,
  output: Shape,
  { kernelSize, stride, padding, dilation }: MaxPoolAttrs,
  visit: (y: number, pixels: number[], taps: number) => void,
): void {
  const [, channels, height, width] = image as Four;
  eachIndex(output, ([n, c, i, j], y) => {
    const pixels: number[] = [];
    let taps = 0;
    for (let u = 0; u < kernelSize[0]!; u++) {
      for (let v = 0; v < kernelSize[1]!; v++) {
        const row = i! * stride[0]! - padding[0]![0] + u * dilation[0]!;
        const column = j! * stride[1]! - padding[1]![0] + v * dilation[1]!;
        if (row < height + padding[0]![1] && column < width + padding[1]![1]) taps++;
        if (row >= 0 && row < height && column >= 0 && column < width)
          pixels.push(((n! * channels + c!) * height + row) * width + column);
      }
    }
    visit(y, pixels, taps);
  });
}

/** The positions of the elements of each channel of [n, c, ...]. */
function channelsOf(shape: Shape): number[][] {
  const members: number[][] = Array.from({ length: shape[1]! }, () => []);
  eachIndex(shape, (index, at) => members[index[1]!]!.push(at));
  return members;
}

/** The positions of the elements of each line along an axis. */
function linesAlong(shape: Shape, axis: number): number[][] {
  const lines = new Map<string, number[]>();
  eachIndex(shape, (index, at) => {
    const key = index.filter((_, i) => i !== axis).join();
    lines.set(key, [...(lines.get(key) ?? []), at]);
  });
  return [...lines.values()];
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

function logSumExp(numbers: readonly number[]): number {
  const top = Math.max(...numbers);
  return top + Math.log(sumOf(numbers.map(x => Math.exp(x - top))));
}

/** Row `i` of targets as probabilities, smoothed. A label out of range has no probabilities. */
function targetRow(targets: Input, i: number, classes: number, smoothing: number): number[] {
  const label = targets.buffer[i]!;
  const hard = (k: number): number => (label >= 0 && label < classes ? Number(label === k) : Number.NaN);
  return Array.from({ length: classes }, (_, k) => {
    const t = targets.dtype === 'int32' ? hard(k) : targets.buffer[i * classes + k]!;
    return (1 - smoothing) * t + smoothing / classes;
  });
}

/** The kernels; give this as the `kernels` option of `cpuReference`. */
export function directKernels({ allocate }: CpuReferenceRuntime): CpuReferenceKernels {
  const zeros = (spec: Spec): TypedArray => allocate(spec).fill(0);
  return {
    conv2d: ([x, weight, bias], attrs, [spec]) => {
      const y = zeros(spec!);
      const sums = new Float64Array(y.length);
      eachTap(x!.shape, weight!.shape, spec!.shape, attrs, (i, k, at) => {
        sums[at]! += x!.buffer[i]! * weight!.buffer[k]!;
      });
      eachIndex(spec!.shape, ([, o], at) => {
        y[at] = sums[at]! + (bias?.buffer[o!] ?? 0);
      });
      return [y];
    },
    conv2dInputGrad: ([dy, weight], attrs, [spec]) => {
      const sums = new Float64Array(spec!.shape.reduce((a, b) => a * b, 1));
      eachTap(spec!.shape, weight!.shape, dy!.shape, attrs, (i, k, at) => {
        sums[i]! += dy!.buffer[at]! * weight!.buffer[k]!;
      });
      const dx = allocate(spec!);
      dx.set(sums);
      return [dx];
    },
    conv2dWeightGrad: ([x, dy], attrs, [spec]) => {
      const sums = new Float64Array(spec!.shape.reduce((a, b) => a * b, 1));
      eachTap(x!.shape, spec!.shape, dy!.shape, attrs, (i, k, at) => {
        sums[k]! += dy!.buffer[at]! * x!.buffer[i]!;
      });
      const dWeight = allocate(spec!);
      dWeight.set(sums);
      return [dWeight];
    },

    maxPool2d: ([x], attrs, specs) => {
      const [values, indices] = specs.map(allocate) as [TypedArray, TypedArray];
      const plane = x!.shape[2]! * x!.shape[3]!;
      eachWindow(x!.shape, specs[0]!.shape, attrs, (at, pixels) => {
        const numbers = pixels.map(pixel => x!.buffer[pixel]!);
        const top = numbers.some(Number.isNaN) ? Number.NaN : Math.max(...numbers);
        values[at] = top;
        indices[at] = pixels[numbers.findIndex(number => Object.is(number, top) || number === top)]! % plane;
      });
      return [values, indices];
    },
    maxPool2dGrad: ([dy, indices], _, [spec]) => {
      const dx = zeros(spec!);
      const plane = spec!.shape[2]! * spec!.shape[3]!;
      const perPlane = dy!.shape[2]! * dy!.shape[3]!;
      dy!.buffer.forEach((d, at) => {
        dx[Math.floor(at / perPlane) * plane + indices!.buffer[at]!]! += d;
      });
      return [dx];
    },
    avgPool2d: ([x], attrs, [spec]) => {
      const y = allocate(spec!);
      eachWindow(x!.shape, spec!.shape, attrs, (at, pixels, taps) => {
        y[at] = sumOf(pixels.map(pixel => x!.buffer[pixel]!)) / (attrs.countIncludePad ? taps : pixels.length);
      });
      return [y];
    },
    avgPool2dGrad: ([dy], attrs, [spec]) => {
      const dx = zeros(spec!);
      eachWindow(spec!.shape, dy!.shape, attrs, (at, pixels, taps) => {
        for (const pixel of pixels) dx[pixel]! += dy!.buffer[at]! / (attrs.countIncludePad ? taps : pixels.length);
      });
      return [dx];
    },

    linear: ([x, weight, bias], _, [spec]) => {
      const y = allocate(spec!);
      const [units, features] = weight!.shape as [number, number];
      for (let at = 0; at < y.length; at++) {
        const [row, unit] = [Math.floor(at / units), at % units];
        let sum = bias?.buffer[unit] ?? 0;
        for (let k = 0; k < features; k++) sum += x!.buffer[row * features + k]! * weight!.buffer[unit * features + k]!;
        y[at] = sum;
      }
      return [y];
    },
    reluGrad: ([y, dy], _, [spec]) => {
      const dx = allocate(spec!);
      dy!.buffer.forEach((d, at) => {
        dx[at] = y!.buffer[at]! > 0 ? d : 0;
      });
      return [dx];
    },

    batchNorm: ([x, weight, bias], { epsilon }, specs) => {
      const [y, mean, variance] = specs.map(allocate) as [TypedArray, TypedArray, TypedArray];
      channelsOf(x!.shape).forEach((members, c) => {
        const centre = sumOf(members.map(at => x!.buffer[at]!)) / members.length;
        const spread = sumOf(members.map(at => (x!.buffer[at]! - centre) ** 2)) / members.length;
        mean[c] = centre;
        variance[c] = spread;
        for (const at of members)
          y[at] = ((x!.buffer[at]! - centre) / Math.sqrt(spread + epsilon)) * weight!.buffer[c]! + bias!.buffer[c]!;
      });
      return [y, mean, variance];
    },
    batchNormGrad: ([dy, x, weight, mean, variance], { epsilon }, specs) => {
      const [dx, dWeight, dBias] = specs.map(allocate) as [TypedArray, TypedArray, TypedArray];
      channelsOf(x!.shape).forEach((members, c) => {
        const deviation = Math.sqrt(variance!.buffer[c]! + epsilon);
        const normal = (at: number): number => (x!.buffer[at]! - mean!.buffer[c]!) / deviation;
        const sum = sumOf(members.map(at => dy!.buffer[at]!));
        const product = sumOf(members.map(at => dy!.buffer[at]! * normal(at)));
        dBias[c] = sum;
        dWeight[c] = product;
        for (const at of members) {
          const inner = dy!.buffer[at]! - sum / members.length - (normal(at) * product) / members.length;
          dx[at] = (weight!.buffer[c]! / deviation) * inner;
        }
      });
      return [dx, dWeight, dBias];
    },
    batchNormInference: ([x, weight, bias, mean, variance], { epsilon }, [spec]) => {
      const y = allocate(spec!);
      eachIndex(x!.shape, ([, c], at) => {
        const normal = (x!.buffer[at]! - mean!.buffer[c!]!) / Math.sqrt(variance!.buffer[c!]! + epsilon);
        y[at] = normal * weight!.buffer[c!]! + bias!.buffer[c!]!;
      });
      return [y];
    },

    softmax: ([x], { axis }, [spec]) => {
      const y = allocate(spec!);
      for (const line of linesAlong(x!.shape, axis)) {
        const total = logSumExp(line.map(at => x!.buffer[at]!));
        for (const at of line) y[at] = Math.exp(x!.buffer[at]! - total);
      }
      return [y];
    },
    logSoftmax: ([x], { axis }, [spec]) => {
      const y = allocate(spec!);
      for (const line of linesAlong(x!.shape, axis)) {
        const total = logSumExp(line.map(at => x!.buffer[at]!));
        for (const at of line) y[at] = x!.buffer[at]! - total;
      }
      return [y];
    },
    softmaxCrossEntropy: ([logits, targets], { labelSmoothing }, [spec]) => {
      const losses = allocate(spec!);
      const classes = logits!.shape[1]!;
      for (let i = 0; i < losses.length; i++) {
        const row = Array.from(logits!.buffer.subarray(i * classes, (i + 1) * classes));
        const total = logSumExp(row);
        const t = targetRow(targets!, i, classes, labelSmoothing);
        losses[i] = -sumOf(row.map((z, k) => t[k]! * (z - total)));
      }
      return [losses];
    },
    softmaxCrossEntropyGrad: ([dy, logits, targets], { labelSmoothing }, [spec]) => {
      const dLogits = allocate(spec!);
      const classes = logits!.shape[1]!;
      for (let i = 0; i < dy!.buffer.length; i++) {
        const row = Array.from(logits!.buffer.subarray(i * classes, (i + 1) * classes));
        const total = logSumExp(row);
        const t = targetRow(targets!, i, classes, labelSmoothing);
        row.forEach((z, k) => {
          dLogits[i * classes + k] = dy!.buffer[i]! * (Math.exp(z - total) * sumOf(t) - t[k]!);
        });
      }
      return [dLogits];
    },

    dropout: ([x], { rate, key }, [spec]) => {
      const y = allocate(spec!);
      randomBernoulli(y.length, key, 1 - rate).forEach((kept, at) => {
        y[at] = kept ? x!.buffer[at]! / (1 - rate) : 0;
      });
      return [y];
    },

    sgdStep: (inputs, { learningRate, momentum, dampening, nesterov, weightDecay, first }, specs, reuse) => {
      const [parameter, velocity] = specs.map((spec, i) => (reuse[i] ? inputs[i]!.buffer : allocate(spec)));
      inputs.at(-1)!.buffer.forEach((gradient, at) => {
        const p = inputs[0]!.buffer[at]!;
        const g = gradient + weightDecay * p;
        const v = velocity ? (first ? g : momentum * inputs[1]!.buffer[at]! + (1 - dampening) * g) : g;
        if (velocity) velocity[at] = v;
        parameter![at] = p - learningRate * (nesterov ? g + momentum * v : v);
      });
      return velocity ? [parameter!, velocity] : [parameter!];
    },
    adamStep: (inputs, { learningRate, beta1, beta2, epsilon, weightDecay, decoupled, step }, specs, reuse) => {
      const results = specs.map((spec, i) => (reuse[i] ? inputs[i]!.buffer : allocate(spec)));
      inputs[3]!.buffer.forEach((gradient, at) => {
        const [p, m, v] = inputs.map(({ buffer }) => buffer[at]!) as [number, number, number];
        const g = decoupled ? gradient : gradient + weightDecay * p;
        const m2 = beta1 * m + (1 - beta1) * g;
        const v2 = beta2 * v + (1 - beta2) * g * g;
        const corrected = Math.sqrt(v2 / (1 - beta2 ** step)) + epsilon;
        const shrunk = decoupled ? p * (1 - learningRate * weightDecay) : p;
        results[0]![at] = shrunk - (learningRate * (m2 / (1 - beta1 ** step))) / corrected;
        results[1]![at] = m2;
        results[2]![at] = v2;
      });
      return results;
    },
    adadeltaStep: (inputs, { learningRate, rho, epsilon, weightDecay }, specs, reuse) => {
      const results = specs.map((spec, i) => (reuse[i] ? inputs[i]!.buffer : allocate(spec)));
      inputs[3]!.buffer.forEach((gradient, at) => {
        const [p, s, d] = inputs.map(({ buffer }) => buffer[at]!) as [number, number, number];
        const g = gradient + weightDecay * p;
        const s2 = rho * s + (1 - rho) * g * g;
        const delta = (Math.sqrt(d + epsilon) / Math.sqrt(s2 + epsilon)) * g;
        results[0]![at] = p - learningRate * delta;
        results[1]![at] = s2;
        results[2]![at] = rho * d + (1 - rho) * delta * delta;
      });
      return results;
    },
  };
}
