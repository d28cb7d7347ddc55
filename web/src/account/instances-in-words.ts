/** A number of instances as text says it. */
export function instancesInWords(count: number): string {
  return count === 1 ? 'one instance' : `${count} instances`;
}
