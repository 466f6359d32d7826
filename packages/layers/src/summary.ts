/** What a model is made of and what it costs, without making its weights. */
import { type Shape, showShape, sizeOf } from '@cnn/tensor';
import { type Graph, sequential } from './graph.js';
import type { Layer, Slot } from './layer.js';
import { planModel, shapesOf } from './plan.js';

/** One layer of a {@link Summary}. */
export interface LayerSummary {
  /** Where it is in the model, as `block1.conv`. */
  readonly path: string;
  readonly type: string;
  /** Without the batch axis. */
  readonly outputShape: Shape;
  /** How many numbers it trains. */
  readonly parameters: number;
  /** How many numbers it carries along, such as running statistics. */
  readonly state: number;
  /** Floating-point operations of the forward pass for one example; a multiply-add counts as two. */
  readonly flops: number;
  /** Bytes of its output for one example, in float32. */
  readonly memory: number;
}

/** A model's layers in the order in which they run, and their sums. */
export interface Summary extends Pick<LayerSummary, 'parameters' | 'state' | 'flops' | 'memory'> {
  /** Without the batch axis, one per input. */
  readonly inputShapes: readonly Shape[];
  /** Without the batch axis, one per output. */
  readonly outputShapes: readonly Shape[];
  readonly layers: readonly LayerSummary[];
}

/**
 * The layers of a model with their output shapes, parameters and costs. No weights are made.
 *
 * @param input - The input's shape without the batch axis; a list of shapes for a model with several inputs.
 * @throws {ShapeError | OptionError} where a layer does not fit its input, with the layer's path.
 */
export function summary(model: Graph | Layer, input: Shape | readonly Shape[]): Summary {
  const plan = planModel(model.kind === 'graph' ? model : sequential([model]), shapesOf(input));
  const layers = plan.layers.map(({ path, layer, slots, outputShape, flops }): LayerSummary => {
    const count = (kind: Slot['kind']): number =>
      Object.values(slots).reduce((total, slot) => total + (slot?.kind === kind ? sizeOf(slot.shape) : 0), 0);
    return {
      path,
      type: layer.definition.type,
      outputShape,
      parameters: count('parameter'),
      state: count('state'),
      flops,
      memory: 4 * sizeOf(outputShape),
    };
  });
  const total = (key: 'parameters' | 'state' | 'flops' | 'memory'): number => layers.reduce((sum, layer) => sum + layer[key], 0);
  return {
    inputShapes: plan.inputShapes,
    outputShapes: plan.outputShapes,
    layers,
    parameters: total('parameters'),
    state: total('state'),
    flops: total('flops'),
    memory: total('memory'),
  };
}

/** A summary as a table of text, a line per layer and a last one of sums. */
export function formatSummary({ inputShapes, layers, ...sums }: Summary): string {
  const number = (n: number): string => n.toLocaleString('en-US');
  const numbers = (row: Pick<LayerSummary, 'parameters' | 'state' | 'flops' | 'memory'>): string[] =>
    [row.parameters, row.state, row.flops, row.memory].map(number);
  const rows = [
    ['layer', 'type', 'output', 'parameters', 'state', 'flops', 'memory (bytes)'],
    ...inputShapes.map(shape => ['', 'input', showShape(shape), '', '', '', '']),
    ...layers.map(layer => [layer.path, layer.type, showShape(layer.outputShape), ...numbers(layer)]),
    ['total', '', '', ...numbers(sums)],
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  const rule = '-'.repeat(line(rows[0]!).length);
  return [line(rows[0]!), rule, ...rows.slice(1, -1).map(line), rule, line(rows.at(-1)!)].join('\n');
}
