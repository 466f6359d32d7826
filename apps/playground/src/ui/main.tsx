import { render } from 'preact';
import { begin, openLink, renew } from './actions.js';
import { App } from './app.js';
import { keepOffline } from './offline.js';
import './style.css';
import { followTheme } from './theme.js';

followTheme();
render(<App />, document.getElementById('app')!);
// A tab that comes back shows what happened meanwhile.
document.addEventListener('visibilitychange', renew);
addEventListener('hashchange', openLink);
// A file that misses the place for drops shall not take the place of the page.
for (const type of ['dragover', 'drop']) addEventListener(type, event => event.preventDefault());
void begin();
// Later than what the page needs itself.
addEventListener('load', () => void keepOffline());
