/** Rows with numbers that PyTorch computed: what an op gives, and its gradients for given gradients of its outputs. */
import { OptionError, type Shape, type Tensor } from '@cnn/tensor';
import type { CaseInput, OpCase } from '../op-table/op-case.js';
import { type Attrs, functions } from './functions.js';

/** A packed tensor: dtype, shape, and its numbers in base64, four bytes each with the lowest first. */
export type PackedTensor = readonly [dtype: string, shape: Shape, data: string];

type PackedTensors = Readonly<Record<string, PackedTensor>>;

/** A packed case. */
export interface GoldenVector {
  /** PyTorch's name of the op. */
  readonly op: string;
  readonly name: string;
  readonly attrs: Attrs;
  readonly inputs: PackedTensors;
  readonly outputs: PackedTensors;
  /** The gradients of the outputs; without them the only output is a loss, whose sum is differentiated. */
  readonly upstream: PackedTensors;
  /** The gradients of some inputs. */
  readonly gradients: PackedTensors;
}

/** A row with the numbers that it should give. */
export interface GoldenCase extends OpCase {
  readonly outputs: readonly CaseInput[];
  readonly upstream: readonly CaseInput[];
  /** One for each input; undefined for one that has none. */
  readonly gradients: readonly (CaseInput | undefined)[];
}

/** Unpacks a case. */
export function goldenCase({ op, name, attrs, inputs, outputs, upstream, gradients }: GoldenVector): GoldenCase {
  const found = functions[op];
  if (!found) throw new OptionError('golden', 'op', op, Object.keys(functions).join(', '));
  const inputNames = Object.keys(inputs);
  return {
    op: found.op,
    name: `${found.op}: PyTorch's ${name}`,
    inputs: Object.values(inputs).map(unpack),
    outputs: Object.values(outputs).map(unpack),
    upstream: Object.values(upstream).map(unpack),
    gradients: inputNames.map(input => (gradients[input] ? unpack(gradients[input]) : undefined)),
    run: (...given: Tensor[]) => found.run(Object.fromEntries(given.map((x, i) => [inputNames[i]!, x])), attrs),
  };
}

function unpack([dtype, shape, data]: PackedTensor): CaseInput {
  const bytes = Uint8Array.from(atob(data), character => character.charCodeAt(0));
  const numbers = dtype === 'int32' ? new Int32Array(bytes.buffer) : new Float32Array(bytes.buffer);
  return { dtype: dtype === 'int32' ? 'int32' : 'float', shape, numbers };
}
