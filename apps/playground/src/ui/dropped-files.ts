/** Files with their folders, out of a drop or a choice. */
import type { DroppedFile } from '../protocol.js';

/** The files of an input; with folders where it lets one choose those. */
export const chosenFiles = (files: FileList | null): DroppedFile[] =>
  [...(files ?? [])].map(file => ({ path: file.webkitRelativePath || file.name, file }));

/** The files of a drop, those in dropped folders among them. The entries must be taken at once: a drop's items are gone later. */
export async function droppedFiles(transfer: DataTransfer): Promise<DroppedFile[]> {
  const entries = [...transfer.items].flatMap(item => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return chosenFiles(transfer.files);
  return (await Promise.all(entries.map(entry => filesIn(entry)))).flat();
}

async function filesIn(entry: FileSystemEntry): Promise<DroppedFile[]> {
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: DroppedFile[] = [];
  // A reader gives some at a time, and none at the end.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return found;
    for (const each of entries) found.push(...(await filesIn(each)));
  }
}
