export { FileError, readFileBytes, writeFileAtomic } from './node/files.js';
export { removeOldPartials } from './node/partials.js';
export { writeWhole } from './node/write-whole.js';
