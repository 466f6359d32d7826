import type { BackendChoice } from '../protocol.js';
import { useBackend } from './actions.js';
import { canReload } from './offline.js';
import { abilities, backend } from './state.js';

const keyOf = (choice: BackendChoice): string => (choice.kind === 'cpu' ? `cpu-${choice.threads}` : 'gpujs');

/** Where the numbers are computed, and what this browser lacks. */
export function DevicePanel() {
  const has = abilities.value;
  if (!has) return null;
  const choices: BackendChoice[] = [
    ...Array.from({ length: has.threads }, (_, i) => ({ kind: 'cpu', threads: i + 1 }) as const),
    ...(has.webgl2 ? [{ kind: 'gpujs' } as const] : []),
  ];
  return (
    <section aria-labelledby="device">
      <h2 id="device">Computed by</h2>
      <div class="form">
        <label>
          Backend
          <select
            value={keyOf(backend.value.choice)}
            onChange={({ currentTarget }) => {
              const choice = choices.find(each => keyOf(each) === currentTarget.value);
              if (choice) void useBackend(choice);
            }}
          >
            {choices.map(choice => (
              <option key={keyOf(choice)} value={keyOf(choice)}>
                {choice.kind === 'gpujs'
                  ? 'GPU, gpu.js in WebGL2'
                  : `CPU, ${choice.threads} ${choice.threads === 1 ? 'thread' : 'threads'}`}
              </option>
            ))}
          </select>
        </label>
      </div>
      <p class="note">Weights and optimizer move along; training goes on where it was.</p>
      {!crossOriginIsolated && (
        <p class="note lacks">
          One thread only: this page is not cross-origin isolated, and threads need memory that they share.{' '}
          {canReload.value && (
            <button type="button" class="link" onClick={() => location.reload()}>
              Reload to change that
            </button>
          )}
        </p>
      )}
      {!has.webgl2 && <p class="note lacks">No GPU: this browser has no WebGL2 in workers.</p>}
    </section>
  );
}
