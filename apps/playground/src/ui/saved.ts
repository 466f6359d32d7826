/** Networks that are saved in this browser, in IndexedDB. */

/** A saved network. */
export interface Saved {
  readonly name: string;
  /** The bytes of a weight file, which holds the network, too. */
  readonly weights: Uint8Array;
}

const STORE = 'networks';

/** All that are saved, by name. */
export const savedNetworks = (): Promise<Saved[]> => inStore('readonly', store => store.getAll());

/** Saves a network; one of the same name is replaced. */
export const saveNetwork = (network: Saved): Promise<unknown> => inStore('readwrite', store => store.put(network));

/** Removes a network. */
export const removeNetwork = (name: string): Promise<unknown> => inStore('readwrite', store => store.delete(name));

async function inStore<T>(mode: IDBTransactionMode, run: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = indexedDB.open('cnn-playground', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: 'name' });
  const database = await result(opening);
  try {
    return await result(run(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

const result = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
