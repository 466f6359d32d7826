/** Models as graphs of layers. `sequential`, `residual` and `branches` are shorthands of `graph`. */
import { show, UsageError } from '@cnn/tensor';
import type { Layer } from './layer.js';
import { add, concat } from './layers/merge.js';

/** A layer or a graph within a graph, and the names of the nodes or inputs that feed it. */
export interface GraphNode {
  readonly name: string;
  readonly layer: Layer | Graph;
  readonly inputs: readonly string[];
}

/** A model, or a part of one: plain data. */
export interface Graph {
  readonly kind: 'graph';
  readonly inputs: readonly string[];
  /** In an order in which every node comes after those that feed it. */
  readonly nodes: readonly GraphNode[];
  readonly outputs: readonly string[];
}

/**
 * A model of named nodes. Parameters are named by the path of their node, as `block1.conv.weight`.
 *
 * @throws {UsageError} for a name that is used twice, has a dot, or is fed by something that is not defined before it, and for a
 * node without a layer, as `relu` instead of `relu()`.
 */
export function graph({ inputs, nodes, outputs }: Omit<Graph, 'kind'>): Graph {
  const known = new Set<string>();
  const define = (name: string): void => {
    if (!/^[^.\s/]+$/.test(name))
      throw new UsageError(`graph: '${name}' cannot name a node; names have no dots, slashes or spaces`);
    if (known.has(name)) throw new UsageError(`graph: two nodes are named '${name}'`);
    known.add(name);
  };
  for (const name of inputs) define(name);
  for (const node of nodes) {
    for (const source of node.inputs) {
      if (!known.has(source))
        throw new UsageError(`graph: node '${node.name}' is fed by '${source}', which is not defined before it`);
    }
    const kind = node.layer?.kind;
    if (kind !== 'layer' && kind !== 'graph')
      throw new UsageError(`graph: node '${node.name}' is ${show(node.layer)}, not a layer as relu() gives it`);
    if (node.inputs.length === 0) throw new UsageError(`graph: node '${node.name}' has no inputs`);
    define(node.name);
  }
  for (const name of outputs) if (!known.has(name)) throw new UsageError(`graph: there is no node '${name}' to be an output`);
  if (inputs.length === 0 || outputs.length === 0) throw new UsageError('graph: it needs an input and an output');
  return { kind: 'graph', inputs, nodes, outputs };
}

/** Layers in a list, named by their place, or by the keys of an object. */
export type LayerList = readonly (Layer | Graph)[] | Readonly<Record<string, Layer | Graph>>;

/** One layer after another. */
export function sequential(layers: LayerList): Graph {
  const nodes: GraphNode[] = [];
  let last = 'input';
  for (const [name, layer] of Object.entries(layers)) {
    nodes.push({ name, layer, inputs: [last] });
    last = name;
  }
  return graph({ inputs: ['input'], nodes, outputs: [last] });
}

/** body(x) + shortcut(x) (He et al., 2015); the shortcut is x itself by default. */
export function residual(body: Layer | Graph, shortcut?: Layer | Graph): Graph {
  return graph({
    inputs: ['input'],
    nodes: [
      { name: 'body', layer: body, inputs: ['input'] },
      ...(shortcut ? [{ name: 'shortcut', layer: shortcut, inputs: ['input'] }] : []),
      { name: 'sum', layer: add(), inputs: ['body', shortcut ? 'shortcut' : 'input'] },
    ],
    outputs: ['sum'],
  });
}

/** Branches side by side on one input, their channels joined, as in GoogLeNet (Szegedy et al., 2014). */
export function branches(parts: LayerList): Graph {
  const nodes = Object.entries(parts).map(([name, layer]): GraphNode => ({ name, layer, inputs: ['input'] }));
  return graph({
    inputs: ['input'],
    nodes: [...nodes, { name: 'joined', layer: concat(), inputs: nodes.map(node => node.name) }],
    outputs: ['joined'],
  });
}
