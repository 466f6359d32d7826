import { arrayTypes, type Spec, shapesBackend, showSpec, sizeOf, tidy } from '@cnn/tensor';
import { ConformanceError } from '../conformance-error.js';
import { inputsOf } from '../op-table/op-case.js';
import { outputTensors, resultsOn } from '../results.js';
import type { Property } from './property.js';

/** The outputs have the shapes and dtypes that the shape rule says, and the numbers to fill them. */
export const shape: Property = {
  name: 'shape',
  part: 'forward',
  appliesTo: () => true,
  async check(opCase, { backend, dtype }) {
    const specs: Spec[] = tidy(() => {
      const outputs = outputTensors(opCase, inputsOf(opCase, shapesBackend(), dtype));
      return outputs.map(output => ({ shape: output.shape, dtype: output.dtype }));
    });
    const results = await resultsOn(backend, 'outputs', opCase, dtype);
    if (results.map(showSpec).join() !== specs.map(showSpec).join())
      throw new ConformanceError(`the outputs are ${results.map(showSpec)}; the shape rule says ${specs.map(showSpec)}`);
    for (const { numbers, ...spec } of results) {
      if (numbers.length !== sizeOf(spec.shape) || !(numbers instanceof arrayTypes[spec.dtype]))
        throw new ConformanceError(
          `an output of ${showSpec(spec)} is read as a ${numbers.constructor.name} of ${numbers.length} numbers`,
        );
    }
  },
};
