import { useState } from 'preact/hooks';
import { openDigits, openFiles } from './actions.js';
import { chosenFiles, droppedFiles } from './dropped-files.js';
import { count, sizes } from './numbers.js';
import { busy, data } from './state.js';

/** Which images are trained on. */
export function DataPanel() {
  const [isOver, setOver] = useState(false);
  const info = data.value;
  return (
    <section aria-labelledby="data">
      <h2 id="data">Images</h2>
      {info && (
        <p>
          <b>{info.name}</b>: {count(info.train)} to train, {count(info.test)} to test, {sizes(info.shape)}, {info.classes.length}{' '}
          classes
        </p>
      )}
      <fieldset
        class={isOver ? 'drop over' : 'drop'}
        onDragOver={event => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={async event => {
          event.preventDefault();
          setOver(false);
          if (event.dataTransfer) await openFiles(await droppedFiles(event.dataTransfer));
        }}
      >
        <legend class="hidden">Other images</legend>
        <p class="note">
          Drop the files of MNIST, Fashion-MNIST or CIFAR-10 here, or a folder with PNG and JPEG images in folders by class. They
          stay in this browser.
        </p>
        <div class="buttons">
          <label class="button">
            Files
            <input type="file" multiple class="hidden" data-input="files" onChange={choose} />
          </label>
          <label class="button">
            Folder
            <input type="file" class="hidden" ref={input => input?.setAttribute('webkitdirectory', '')} onChange={choose} />
          </label>
          {info && info.name !== 'digits' && (
            <button type="button" onClick={openDigits}>
              Digits
            </button>
          )}
        </div>
      </fieldset>
      {busy.value && <p class="note">{busy.value} …</p>}
    </section>
  );
}

function choose({ currentTarget }: { currentTarget: HTMLInputElement }): void {
  const files = chosenFiles(currentTarget.files);
  currentTarget.value = '';
  void openFiles(files);
}
