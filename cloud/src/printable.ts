/** People choose their names; none of them speaks to the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, ' ');
}
