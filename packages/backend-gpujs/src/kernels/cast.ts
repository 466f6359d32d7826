import { isFloat, sizeOf } from '@cnn/tensor';
import type { DeviceKernels } from '../program.js';

const cut = `r = 0;
if (Math.abs(v) <= 3.4028234663852886e38) {
r = Math.floor(Math.abs(v));
if (v < 0) { r = -r; }
}`;
const wrap = 'r = r - Math.floor((r + 0.5) / 256) * 256;';

/** Floats to whole numbers are cut, NaN and infinities become 0, and uint8 wraps around. To bool, all but 0 is true, also NaN. */
export const cast: DeviceKernels<'cast'> = {
  cast: {
    plan: (launch, [x], { dtype }) => {
      const truth = 'r = 1;\nif (v === 0) { r = 0; }';
      const whole = `${isFloat(x!.dtype) ? cut : ''}\n${dtype === 'uint8' ? wrap : ''}`;
      const change = dtype === 'bool' ? truth : isFloat(dtype) ? '' : whole;
      return [launch(sizeOf(x!.shape), { x: 0 }, `const v = x[t];\nlet r = v;\n${change}\nreturn r;`)];
    },
  },
};
