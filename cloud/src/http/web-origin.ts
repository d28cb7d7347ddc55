/** Whether it is an origin of a web page, written as browsers do: programs may say anything. */
export function isWebOrigin(text: string): boolean {
  return text.length <= 255 && /^https?:/.test(text) && URL.parse(text)?.origin === text;
}
