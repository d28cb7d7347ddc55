import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Finding, ok, problem, warning } from './finding.ts';
import { formatFindings, isHealthy } from './report.ts';

const well = ok('Node', 'Version 26.');
const low = warning('Disk space', '12 MB are free.', 'Make room.');
const lost = problem('Key', 'It is missing.', 'Restore it.');

/** Without the colours that a terminal, or $FORCE_COLOR, would add. */
const format = (findings: Finding[], hasSymbols: boolean) =>
  stripVTControlCharacters(formatFindings(findings, hasSymbols));

describe('a report', () => {
  test('has a line for each finding, and the remedy of what is wrong below it', () => {
    expect(format([well, low, lost], true)).toBe(
      [
        '✓ Node            Version 26.',
        '! Disk space      12 MB are free.',
        '                  → Make room.',
        '✗ Key             It is missing.',
        '                  → Restore it.',
        '',
        '1 problem and 1 warning.',
      ].join('\n'),
    );
  });

  test('is ASCII where the terminal shows no more', () => {
    expect(format([well, low, lost], false)).toBe(
      [
        'ok      Node            Version 26.',
        'warning Disk space      12 MB are free.',
        '                        -> Make room.',
        'PROBLEM Key             It is missing.',
        '                        -> Restore it.',
        '',
        '1 problem and 1 warning.',
      ].join('\n'),
    );
  });

  test('counts', () => {
    expect(format([well], true)).toMatch(/\n\nNothing is wrong\.$/);
    expect(format([lost, lost], true)).toMatch(/\n\n2 problems\.$/);
    expect(format([low, low], true)).toMatch(/\n\n2 warnings\.$/);
  });

  test('gives a terminal nothing to obey', () => {
    const report = formatFindings([warning('Files', 'a\u001b[2Jb\u202e', 'c\nd')], true);
    expect(report).toContain('a\\u{1b}[2Jb\\u{202e}');
    expect(report).toContain('c\\u{a}d');
  });
});

test('only problems are unhealthy', () => {
  expect(isHealthy([well, low])).toBe(true);
  expect(isHealthy([well, lost])).toBe(false);
});
