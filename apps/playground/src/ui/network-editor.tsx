/** The network as a form and as text, side by side. */
import { useRef } from 'preact/hooks';
import { presetNames } from '../protocol.js';
import { buildDraft, edit, usePreset } from './actions.js';
import { LayerForm } from './layer-form.js';
import { count } from './numbers.js';
import { builtText, data, draft, draftNetwork, draftProblem } from './state.js';

const presets: Readonly<Record<(typeof presetNames)[number], string>> = {
  lenet5: 'LeNet-5',
  convnetjs: 'ConvNetJS CIFAR-10',
  small: 'Two convolutions',
  mlp: 'Hidden layer of 128',
  linear: 'Linear classifier',
};

export function NetworkEditor() {
  const problem = draftProblem.value;
  const found = draftNetwork.value;
  if (!data.value) return null;
  const isChanged = draft.value !== builtText.value;
  return (
    <section aria-labelledby="network">
      <h2 id="network">Network</h2>
      <div class="toolbar">
        <label>
          Begin with{' '}
          <select
            value=""
            onChange={({ currentTarget }) => {
              void usePreset(currentTarget.value as (typeof presetNames)[number]);
              currentTarget.value = '';
            }}
          >
            <option value="">choose …</option>
            {presetNames.map(name => (
              <option key={name} value={name}>
                {presets[name]}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class={isChanged && !problem ? 'primary' : ''}
          disabled={!isChanged || problem !== undefined}
          onClick={buildDraft}
        >
          Build it
        </button>
        <p class="note" role="status">
          {problem ? (
            <span class="problem">
              {problem.line !== undefined && `Line ${problem.line}: `}
              {problem.message}
            </span>
          ) : (
            `${count(found?.parameters ?? 0)} parameters${isChanged ? '; building it starts with fresh weights' : ', in use'}`
          )}
        </p>
      </div>
      <div class="editor">
        <LayerForm />
        <TextEditor problemLine={problem?.line} />
      </div>
    </section>
  );
}

/** A text with numbers at its lines, and a mark at the one that is wrong. */
function TextEditor({ problemLine }: { problemLine: number | undefined }) {
  const numbers = useRef<HTMLDivElement>(null);
  const lines = draft.value.split('\n').length;
  return (
    <div class="text-editor">
      <div class="line-numbers" ref={numbers} aria-hidden="true">
        {Array.from({ length: lines }, (_, i) => (
          <div key={i + 1} class={i + 1 === problemLine ? 'wrong' : ''}>
            {i + 1}
          </div>
        ))}
      </div>
      <textarea
        aria-label="The network as JSON"
        aria-invalid={problemLine !== undefined}
        spellcheck={false}
        autocapitalize="off"
        wrap="off"
        rows={Math.max(14, lines + 1)}
        value={draft.value}
        onInput={({ currentTarget }) => void edit(currentTarget.value)}
        onKeyDown={event => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void buildDraft();
        }}
        onScroll={({ currentTarget }) => {
          numbers.current!.scrollTop = currentTarget.scrollTop;
        }}
      />
    </div>
  );
}
