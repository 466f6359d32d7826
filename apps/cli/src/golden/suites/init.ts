import { initialisers } from '@cnn/layers';
import { checksOf, type GoldenOp, type GoldenOps } from '../golden-op.js';

const { fans, spreadOf, varianceSchemes } = initialisers;

const spreads: GoldenOp = ({ attrs, outputs }) => {
  const shape = attrs.numbers('weight_shape');
  const { fanIn, fanOut } = fans(shape);
  const results = {
    fan_in: fanIn,
    fan_out: fanOut,
    xavier_uniform_bound: spreadOf(varianceSchemes.xavierUniform, shape),
    xavier_normal_std: spreadOf(varianceSchemes.xavierNormal, shape),
    he_uniform_bound: spreadOf(varianceSchemes.heUniform, shape),
    he_normal_std: spreadOf(varianceSchemes.heNormal, shape),
    lecun_uniform_bound: spreadOf(varianceSchemes.lecunUniform, shape),
    lecun_normal_std: spreadOf(varianceSchemes.lecunNormal, shape),
  };
  return checksOf('outputs', results, outputs);
};

/** Fans of a weight, and the bound or deviation that each initialiser draws from. */
export const init: GoldenOps = { init: spreads };
