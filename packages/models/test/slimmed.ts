import { type Graph, modelFromJSON, modelToJSON, standardLayers } from '@cnn/layers';

/** The same model with an eighth of its filters and units, by way of its JSON; numbers that eight does not divide, as of classes, stay. */
export function slimmed(model: Graph): Graph {
  const eighth = (key: string, value: unknown): unknown =>
    ['filters', 'units', 'groups'].includes(key) && typeof value === 'number' && value % 8 === 0 ? value / 8 : value;
  return modelFromJSON(JSON.parse(JSON.stringify(modelToJSON(model)), eighth), standardLayers) as Graph;
}
