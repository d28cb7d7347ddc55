export function shortcomingOf(versions: {
  readonly node: string;
  readonly sqlite?: string;
}): string | undefined;
