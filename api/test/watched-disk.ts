import { diskSteps, type FileSteps } from '../src/data-directory/atomic-file.ts';

/** What a disk is asked to do. */
export type Step =
  | 'create'
  | 'write'
  | 'sync'
  | 'rename'
  | 'link'
  | 'unlink'
  | 'create directory'
  | 'sync directory';

/** The disk, which calls `before` ahead of each step. */
export function watchedDisk(before: (step: Step) => void): FileSteps {
  return {
    createExclusively(path) {
      before('create');
      const file = diskSteps.createExclusively(path);
      return {
        write(content) {
          before('write');
          file.write(content);
        },
        async sync() {
          before('sync');
          await file.sync();
        },
        [Symbol.dispose]: () => file[Symbol.dispose](),
      };
    },
    rename(from, to) {
      before('rename');
      diskSteps.rename(from, to);
    },
    link(from, to) {
      before('link');
      diskSteps.link(from, to);
    },
    unlink(path) {
      before('unlink');
      diskSteps.unlink(path);
    },
    createDirectory(path) {
      before('create directory');
      diskSteps.createDirectory(path);
    },
    async syncDirectory(path) {
      before('sync directory');
      await diskSteps.syncDirectory(path);
    },
  };
}
