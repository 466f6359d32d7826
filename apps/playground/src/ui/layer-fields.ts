/** The layers and options that the form offers; the text knows every layer and option there is. */

/** A number among a layer's options. */
export interface Field {
  readonly option: string;
  readonly label: string;
  /** For a new layer; without it the option is left out. */
  readonly first?: number;
}

const kernel: Field = { option: 'kernelSize', label: 'kernel', first: 3 };
const stride: Field = { option: 'stride', label: 'stride' };
const padding: Field = { option: 'padding', label: 'padding' };

/** Fields by layer type. */
export const layerFields: Readonly<Record<string, readonly Field[]>> = {
  conv2d: [{ option: 'filters', label: 'filters', first: 16 }, kernel, stride, { ...padding, first: 1 }],
  maxPool2d: [{ ...kernel, first: 2 }, stride, padding],
  avgPool2d: [{ ...kernel, first: 2 }, stride, padding],
  linear: [{ option: 'units', label: 'units', first: 10 }],
  relu: [],
  leakyRelu: [{ option: 'negativeSlope', label: 'slope' }],
  sigmoid: [],
  tanh: [],
  batchNorm: [],
  dropout: [{ option: 'rate', label: 'rate', first: 0.5 }],
  flatten: [],
  globalAvgPool2d: [],
};
