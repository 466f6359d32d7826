/** Networks to begin with, as texts. */
import { flatten, type Graph, linear, modelToJSON, sequential } from '@cnn/layers';
import { convnet, convnetjsCifar10, lenet5, mlp } from '@cnn/models';
import type { DataInfo, PresetName } from '../protocol.js';
import { formatJson } from '../text/format-json.js';

const presets: Readonly<Record<PresetName, (classes: number) => Graph>> = {
  lenet5: classes => lenet5({ classes }),
  convnetjs: classes => convnetjsCifar10({ classes }),
  small: classes => convnet({ classes, blocks: [[8], [16]], hidden: [] }),
  mlp: classes => mlp({ classes }),
  linear: classes => sequential({ flatten: flatten(), fc: linear({ units: classes }) }),
};

/** A network for a dataset. */
export const presetText = (name: PresetName, { classes }: Pick<DataInfo, 'classes'>): string =>
  formatJson(modelToJSON(presets[name](classes.length)));
