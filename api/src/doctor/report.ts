import { styleText } from 'node:util';
import { printable } from '../printable.ts';
import type { Finding } from './finding.ts';

type Verdict = Finding['verdict'];

const symbols: Record<Verdict, string> = { ok: '✓', warning: '!', problem: '✗' };
const words: Record<Verdict, string> = { ok: 'ok', warning: 'warning', problem: 'PROBLEM' };
const colors = { ok: 'green', warning: 'yellow', problem: 'red' } as const;

const labelWidth = 16;

/** Whether nothing is wrong; warnings are allowed. */
export function isHealthy(findings: readonly Finding[]): boolean {
  return findings.every(({ verdict }) => verdict !== 'problem');
}

/**
 * The findings for people, a line each, with the remedy of what is wrong on the next one.
 *
 * @param hasSymbols whether the terminal shows more than ASCII
 */
export function formatFindings(findings: readonly Finding[], hasSymbols: boolean): string {
  const marks = hasSymbols ? symbols : words;
  const markWidth = Math.max(...Object.values(marks).map(({ length }) => length)) + 1;
  const indentation = ' '.repeat(markWidth + labelWidth);
  const lines = findings.flatMap((finding) => {
    const { check, verdict, message } = finding;
    const mark = styleText(colors[verdict], marks[verdict].padEnd(markWidth));
    const line = `${mark}${check.padEnd(labelWidth)}${printable(message)}`;
    if (verdict === 'ok') return [line];
    return [line, `${indentation}${hasSymbols ? '→' : '->'} ${printable(finding.remedy)}`];
  });
  return [...lines, '', summary(findings)].join('\n');
}

function summary(findings: readonly Finding[]): string {
  const count = (verdict: Verdict) => findings.filter((finding) => finding.verdict === verdict).length;
  const problems = count('problem');
  const warnings = count('warning');
  const inWords = [
    problems > 0 && `${problems} ${problems === 1 ? 'problem' : 'problems'}`,
    warnings > 0 && `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`,
  ].filter(Boolean);
  return inWords.length > 0 ? `${inWords.join(' and ')}.` : 'Nothing is wrong.';
}
