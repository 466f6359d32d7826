/**
 * Keeps the page for use without a network, and adds the headers to it that threads need, which many static hosts cannot send.
 * The build puts the list of files in the place of its name.
 */
declare const __FILES__: readonly string[];

/** What is used here of a service worker's global scope, which the types of pages do not have. */
interface WorkerScope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: { waitUntil(done: Promise<unknown>): void }) => void): void;
  addEventListener(
    type: 'fetch',
    listener: (event: { readonly request: Request; respondWith(response: Promise<Response>): void }) => void,
  ): void;
}

const scope = globalThis as unknown as WorkerScope;
const files = __FILES__;
/** Names of files hold hashes of what is in them, so the list tells builds apart. */
const cacheName = `cnn-playground ${files.join(' ')}`;

scope.addEventListener('install', event => {
  const keep = async (): Promise<void> => {
    await (await caches.open(cacheName)).addAll(files);
    await scope.skipWaiting();
  };
  event.waitUntil(keep());
});

scope.addEventListener('activate', event => {
  const begin = async (): Promise<void> => {
    const others = (await caches.keys()).filter(other => other.startsWith('cnn-playground ') && other !== cacheName);
    await Promise.all(others.map(other => caches.delete(other)));
    await scope.clients.claim();
  };
  event.waitUntil(begin());
});

scope.addEventListener('fetch', event => {
  const { request } = event;
  if (request.method === 'GET' && request.url.startsWith(scope.registration.scope)) event.respondWith(answer(request));
});

/** The page itself comes from the network where there is one, so that a new build is seen; its files from what is kept. */
async function answer(request: Request): Promise<Response> {
  const kept = await (await caches.open(cacheName)).match(request.mode === 'navigate' ? './' : request, { ignoreSearch: true });
  if (request.mode !== 'navigate' && kept) return isolated(kept);
  try {
    return isolated(await fetch(request));
  } catch (error) {
    if (kept) return isolated(kept);
    throw error;
  }
}

/** The same response in a page that may share memory between threads. */
function isolated(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
