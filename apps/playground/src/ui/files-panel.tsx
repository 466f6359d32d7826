/** Saving, loading, exporting and sharing the network. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { exportNet, importNet, shareLink } from './actions.js';
import { percent } from './numbers.js';
import { removeNetwork, type Saved, savedNetworks, saveNetwork } from './saved.js';
import { data, evaluation, network, notice, progress } from './state.js';

const saved = signal<readonly Saved[]>([]);
const link = signal('');

const refresh = async (): Promise<void> => {
  saved.value = await savedNetworks();
};

export function FilesPanel() {
  useEffect(() => void refresh().catch(() => {}), []);
  const ready = network.value !== undefined;
  return (
    <section aria-labelledby="files">
      <h2 id="files">Keep and share</h2>
      <div class="buttons">
        <button type="button" disabled={!ready} onClick={save}>
          Save
        </button>
        <button type="button" disabled={!ready} onClick={download}>
          Export
        </button>
        <label class="button">
          Load
          <input type="file" accept=".safetensors" class="hidden" data-input="weights" onChange={open} />
        </label>
        <button type="button" disabled={!ready} onClick={share}>
          Link
        </button>
      </div>
      {saved.value.length > 0 && (
        <ul class="saved">
          {saved.value.map(({ name, weights }) => (
            <li key={name}>
              <button type="button" class="link" onClick={() => importNet(weights, name)}>
                {name}
              </button>
              <button type="button" aria-label={`Remove ${name}`} onClick={() => removeNetwork(name).then(refresh)}>
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      {link.value && (
        <label class="link-text">
          A link to this network and its settings, without weights
          <input readonly value={link.value} onFocus={({ currentTarget }) => currentTarget.select()} />
        </label>
      )}
      <p class="note">
        Save keeps the weights in this browser. Export gives files that the command cnn reads: model.json, model.safetensors.
      </p>
    </section>
  );
}

async function save(): Promise<void> {
  const { weights } = await exportNet();
  const accuracy = evaluation.value ? `, ${percent(evaluation.value.accuracy)}` : '';
  await saveNetwork({ name: `${data.value!.name}, step ${progress.value?.step ?? 0}${accuracy}`, weights });
  await refresh();
}

async function download(): Promise<void> {
  const { model, weights } = await exportNet();
  offer('model.json', new Blob([model], { type: 'application/json' }));
  offer('model.safetensors', new Blob([weights as Uint8Array<ArrayBuffer>]));
}

function offer(name: string, content: Blob): void {
  const anchor = document.createElement('a');
  anchor.download = name;
  anchor.href = URL.createObjectURL(content);
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000);
}

async function open({ currentTarget }: { currentTarget: HTMLInputElement }): Promise<void> {
  const [file] = currentTarget.files ?? [];
  if (file) await importNet(new Uint8Array(await file.arrayBuffer()), file.name);
  currentTarget.value = '';
}

async function share(): Promise<void> {
  link.value = await shareLink();
  const isCopied = await navigator.clipboard?.writeText(link.value).then(
    () => true,
    () => false,
  );
  if (isCopied) notice.value = { kind: 'done', text: 'the link is copied' };
}
