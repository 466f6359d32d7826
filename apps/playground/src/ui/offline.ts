/** Keeps the page for use without a network. */
import { signal } from '@preact/signals';

/** Whether this is a build, which the build says. */
declare const __BUILT__: boolean;

/** Whether the service worker has the page, so that a reload brings headers that the host does not send. */
export const canReload = signal(false);

/** Registers the service worker where the page was built with one. */
export async function keepOffline(): Promise<void> {
  if (!__BUILT__ || !('serviceWorker' in navigator)) return;
  await navigator.serviceWorker.register('./service-worker.js');
  await navigator.serviceWorker.ready;
  canReload.value = true;
}
