import { existsSync } from 'node:fs';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where Chromium is; undefined if it is not installed. The variable CHROMIUM names another place. */
export const chromiumPath: string | undefined = [process.env.CHROMIUM, ...places].find(path => path && existsSync(path));
