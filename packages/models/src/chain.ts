import { concat, type Graph, type GraphNode, graph, type Layer } from '@cnn/layers';

/** Nodes one after another by the names of an object; the first is fed by the node `from`. */
export function chain(from: string, layers: Readonly<Record<string, Layer | Graph>>): GraphNode[] {
  let last = from;
  return Object.entries(layers).map(([name, layer]) => {
    const node = { name, layer, inputs: [last] };
    last = name;
    return node;
  });
}

/** Nodes on one `input`, and the outputs of those named in `ends` with their channels joined. */
export const joined = (nodes: readonly GraphNode[], ends: readonly string[]): Graph =>
  graph({ inputs: ['input'], nodes: [...nodes, { name: 'joined', layer: concat(), inputs: ends }], outputs: ['joined'] });
