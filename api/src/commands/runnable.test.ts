import { describe, expect, test } from 'vitest';
import { runnable } from './runnable.ts';

const platform = 'linux';

describe('a command is said in the way in which this one was run', () => {
  test.each([
    [['/n/node', '/r/node_modules/.bin/holdfast'], { npm_command: 'exec' }, 'npx holdfast'],
    [['/n/node', '/r/scripts/start.ts'], { npm_command: 'start' }, 'npx holdfast'],
    [['/n/node', '/usr/bin/holdfast'], { PATH: '/bin:/usr/bin' }, 'holdfast'],
    [['/n/node', '/r/my own/.bin/holdfast'], { PATH: '/bin' }, "'/r/my own/.bin/holdfast'"],
    [['/n/node', '/r/api/src/cli.ts'], { PATH: '/bin' }, '/n/node /r/api/src/cli.ts'],
  ])('%j, %j: %s', (argv, environment, program) => {
    expect(runnable(['serve'], { argv, environment, platform })).toBe(`${program} serve`);
  });
});
