/** Three lines of a narrow telephone. */
const longestShown = 64;

/** Of the rest, the end gets the most: the end of a host name tells whose it is. */
const shownOfBeginning = 20;

/** A text with what does not fit left out of its middle. */
export function cutInTheMiddle(text: string): string {
  if (text.length <= longestShown) return text;
  return `${text.slice(0, shownOfBeginning)}…${text.slice(text.length - (longestShown - shownOfBeginning - 1))}`;
}
