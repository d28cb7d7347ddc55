/** One line of the report. */
export interface Figure {
  readonly name: string;
  readonly min?: number;
  readonly median: number;
  readonly p99?: number;
  readonly max?: number;
  readonly bound?: Bound;
}

/** What is agreed of p99, or of the median where there is none: not more than a number, or not less. */
export type Bound = { readonly atMost: number } | { readonly atLeast: number };

/** The figure of what several rounds of one run measured. */
export function figureOf(name: string, values: readonly number[], bound?: Bound): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    name,
    min: round2(sorted[0] ?? Number.NaN),
    median: round2(medianOf(values)),
    max: round2(sorted.at(-1) ?? Number.NaN),
    ...(bound !== undefined && { bound }),
  };
}

/** The figure of single events, whose slowest count. */
export function latencyFigureOf(name: string, values: readonly number[], bound: Bound): Figure {
  const { median, max } = figureOf(name, values) as Required<Figure>;
  return { name, median, p99: round2(percentile99(values)), max, bound };
}

export function percentile99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Number.NaN;
}

export function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

/** For `console.table`, by name. */
export function tableOf(figures: readonly Figure[]): Record<string, object> {
  return Object.fromEntries(
    figures.map(({ name, bound, ...values }) => [
      name,
      bound === undefined
        ? values
        : { ...values, 'must be': `${values.p99 === undefined ? '' : 'p99 '}${boundText(bound)}` },
    ]),
  );
}

function boundText(bound: Bound): string {
  return 'atMost' in bound ? `≤ ${bound.atMost}` : `≥ ${bound.atLeast}`;
}
