import { defineLayer, initialisers, modelFromJSON, standardLayers } from '@cnn/layers';
import { ops, option } from '@cnn/tensor';

/** y = weight[c] x + shift: [n, c, h, w] as [n, c, h, w]. */
export const scale = defineLayer({
  type: 'acme/scale',
  options: { shift: option.number },
  init: (_: { readonly shift?: number }, [channels], { param }) => ({
    weight: param([channels!, 1, 1], initialisers.ones),
  }),
  forward: (x, { weight }, { shift = 0 }) => ops.add(ops.mul(x, weight), shift),
});

const json = { format: 'cnn-model', version: 1, model: { type: 'acme/scale', shift: 2 } };
export const model = modelFromJSON(json, [...standardLayers, scale]);
