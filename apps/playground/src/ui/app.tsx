import { Curves } from './curves.js';
import { DataPanel } from './data-panel.js';
import { DevicePanel } from './device-panel.js';
import { FilesPanel } from './files-panel.js';
import { Layers } from './layers.js';
import { NetworkEditor } from './network-editor.js';
import { OwnImage } from './own-image.js';
import { RunBar } from './run-bar.js';
import { notice } from './state.js';
import { TestImages } from './test-images.js';
import { type Theme, theme, themes } from './theme.js';
import { TrainingPanel } from './training-panel.js';

/** The page. */
export function App() {
  return (
    <>
      <header class="page-header">
        <h1>cnn playground</h1>
        <p>Train a convolutional network in this page, and look inside it.</p>
        <select
          aria-label="Theme"
          value={theme.value}
          onChange={({ currentTarget }) => {
            theme.value = currentTarget.value as Theme;
          }}
        >
          {themes.map(name => (
            <option key={name} value={name}>
              {name === 'system' ? 'system theme' : name}
            </option>
          ))}
        </select>
      </header>
      <RunBar />
      <div aria-live="polite">
        {notice.value && (
          <p class={`notice ${notice.value.kind}`}>
            {notice.value.text}
            <button
              type="button"
              class="close"
              aria-label="Close the message"
              onClick={() => {
                notice.value = undefined;
              }}
            >
              ×
            </button>
          </p>
        )}
      </div>
      <div class="columns">
        <main>
          <section class="first">
            <Curves />
            <OwnImage />
          </section>
          <Layers />
          <TestImages />
          <NetworkEditor />
        </main>
        <div class="side">
          <DataPanel />
          <TrainingPanel />
          <DevicePanel />
          <FilesPanel />
        </div>
      </div>
    </>
  );
}
