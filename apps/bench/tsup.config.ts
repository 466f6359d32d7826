import { library } from '../../tsup.config.base.js';

/** `member` is our side of a comparison; `peer` is what the scripts in peers/ import. */
export default library({
  entry: ['src/main.ts', 'src/member.ts', 'src/peer.ts'],
  platform: 'node',
  target: 'node20',
  dts: false,
});
