import { expect, test } from 'vitest';
import { judgeNodeVersion } from './node-version.ts';

test.each([
  ['24.6.0', 'problem'],
  ['20.19.5', 'problem'],
  ['24.7.0', 'ok'],
  ['26.0.1', 'ok'],
])('Node %s: %s', (version, verdict) => expect(judgeNodeVersion(version)).toMatchObject({ verdict }));
