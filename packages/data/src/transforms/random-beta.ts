import { type RandomKey, randomKey, randomNormal, randomUniform } from '@cnn/tensor';

/** One number of the distribution Beta(alpha, alpha): the share of one of two gamma-distributed numbers in their sum. */
export function randomBeta(alpha: number, key: RandomKey): number {
  const first = gammaNumber(alpha, randomKey(...key, 'first'));
  const second = gammaNumber(alpha, randomKey(...key, 'second'));
  // A tiny alpha may make both 0 in float64; the distribution is all but at 0 and 1 then.
  return first + second === 0 ? 1 : first / (first + second);
}

/** One number of the distribution Gamma(shape, 1) (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000). */
function gammaNumber(shape: number, key: RandomKey): number {
  if (shape < 1) {
    const [uniform] = randomUniform(1, randomKey(...key, 'power'));
    return gammaNumber(shape + 1, key) * uniform! ** (1 / shape);
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (let attempt = 0; ; attempt++) {
    const [normal] = randomNormal(1, randomKey(...key, 'normal', attempt));
    const [uniform] = randomUniform(1, randomKey(...key, 'uniform', attempt));
    const v = (1 + c * normal!) ** 3;
    if (v > 0 && Math.log(uniform!) < normal! ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
