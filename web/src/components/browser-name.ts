/** In order of trust: browsers name their ancestors too, so the more special name comes first. */
const BROWSERS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Edge', /Edg(?:e|A|iOS)?\/(\d+)/],
  ['Opera', /OPR\/(\d+)/],
  ['Samsung Internet', /SamsungBrowser\/(\d+)/],
  ['Firefox', /(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /(?:Chrome|CriOS)\/(\d+)/],
  ['Safari', /Version\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari\//],
];

const SYSTEMS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Android', /Android/],
  ['iPhone', /iPhone/],
  ['iPad', /iPad/],
  ['ChromeOS', /CrOS/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X|Macintosh/],
  ['Linux', /Linux|X11/],
];

const SHOWN_LENGTH = 80;

/** A `User-Agent` header (RFC 9110 section 10.1.5) in words: "Firefox 140 on Windows". It proves nothing. */
export function browserName(userAgent: string): string {
  const browser = BROWSERS.map(([name, pattern]) => [name, pattern.exec(userAgent)?.[1]] as const).find(
    ([, version]) => version !== undefined,
  );
  if (!browser) return unknownProgram(userAgent);
  const system = SYSTEMS.find(([, pattern]) => pattern.test(userAgent));
  return `${browser[0]} ${browser[1]}${system ? ` on ${system[0]}` : ''}`;
}

function unknownProgram(userAgent: string): string {
  const shown = userAgent.trim();
  if (shown === '') return 'A program that does not say its name';
  return `Not a known browser: ${shown.length > SHOWN_LENGTH ? `${shown.slice(0, SHOWN_LENGTH)}…` : shown}`;
}
