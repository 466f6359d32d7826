/**
 * The tests of the templates, on the sources of this repository. Those of the backend take longer: tools/check-plugins.mjs runs them,
 * and these again, as a user of the published packages would.
 */
import '../templates/layer/test/layer.test.js';
import '../templates/optimizer/test/optimizer.test.js';
import '../templates/op/test/op.test.js';
