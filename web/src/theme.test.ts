import { DEFAULT_THEME, defaultCssVariablesResolver, mergeMantineTheme } from '@mantine/core';
import { describe, expect, it } from 'vitest';
import { cssVariablesResolver, theme } from './theme.ts';

// Contrast by WCAG 2.2: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio. The browser tests check the pages that are
// there today; this checks every pair that a page may come to use.

/** Text: success criterion 1.4.3. */
const textContrast = 4.5;
/** Edges, icons and focus: success criterion 1.4.11. */
const shapeContrast = 3;

const palettes = ['kelp', 'red', 'yellow', 'green', 'blue', 'gray'];
const shades = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const schemes = ['light', 'dark'] as const;

/** What text stands on: the page, its cards, and what Mantine lays over them. */
const surfaces = ['var(--holdfast-page)', 'var(--holdfast-surface)', 'var(--mantine-color-body)'];

type Scheme = (typeof schemes)[number];
type Rgb = [red: number, green: number, blue: number];

const wholeTheme = mergeMantineTheme(DEFAULT_THEME, theme);
const variables = {
  mantine: defaultCssVariablesResolver(wholeTheme),
  ours: cssVariablesResolver(wholeTheme),
};

/** The colour that a CSS variable has in the end, as the browser would work it out. */
function colorOf(value: string, scheme: Scheme): Rgb {
  const reference = /^var\((--[\w-]+)\)$/.exec(value);
  if (reference?.[1]) return colorOf(valueIn(reference[1], scheme), scheme);
  const hex = /^#([\da-f]{3}|[\da-f]{6})$/i.exec(value)?.[1];
  if (hex) {
    const step = hex.length / 3;
    const channel = (index: number) =>
      Number.parseInt(hex.slice(index * step, (index + 1) * step).padStart(2, hex[index * step]), 16);
    return [channel(0), channel(1), channel(2)];
  }
  const opaque = /^rgba\((\d+), (\d+), (\d+), 1\)$/.exec(value);
  if (opaque) return [Number(opaque[1]), Number(opaque[2]), Number(opaque[3])];
  throw new Error(`${value} is no opaque colour.`);
}

function valueIn(variable: string, scheme: Scheme): string {
  const { mantine, ours } = variables;
  // Ours replace Mantine's; those of a scheme replace those of both.
  const layers: Record<string, string>[] = [ours[scheme], ours.variables, mantine[scheme], mantine.variables];
  const value = layers.find((layer) => layer[variable] !== undefined)?.[variable];
  if (value === undefined) throw new Error(`Nobody defines ${variable}.`);
  return value;
}

function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: Rgb, other: Rgb): number {
  const [lighter, darker] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

function expectContrast(foreground: string, background: string, scheme: Scheme, atLeast: number): void {
  const ratio = contrast(colorOf(foreground, scheme), colorOf(background, scheme));
  expect(ratio, `${foreground} on ${background}, ${scheme}`).toBeGreaterThanOrEqual(atLeast);
}

const shade = (palette: string, index: number) => `var(--mantine-color-${palette}-${index})`;

it('the contrast of black and white is 21, of equals 1', () => {
  expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21);
  expect(contrast([12, 34, 56], [12, 34, 56])).toBe(1);
  expect(contrast([119, 119, 119], [255, 255, 255])).toBeCloseTo(4.48, 2);
});

describe.each(palettes)('%s', (palette) => {
  it.each([7, 8, 9])('carries white text on shade %i', (index) => {
    expectContrast('#fff', shade(palette, index), 'light', textContrast);
  });

  it('is readable in shade 9 on shade 1', () => {
    expectContrast(shade(palette, 9), shade(palette, 1), 'light', textContrast);
  });

  it('gets darker from shade to shade', () => {
    const luminances = shades.map((index) => luminance(colorOf(shade(palette, index), 'light')));
    expect(luminances).toEqual(luminances.toSorted((a, b) => b - a));
  });

  it.each(schemes)('is readable in filled buttons, light badges and as text: %s', (scheme) => {
    const variable = (name: string) => `var(--mantine-color-${palette}-${name})`;
    expectContrast('#fff', variable('filled'), scheme, textContrast);
    expectContrast('#fff', variable('filled-hover'), scheme, textContrast);
    expectContrast(variable('light-color'), variable('light'), scheme, textContrast);
    for (const surface of surfaces) expectContrast(variable('text'), surface, scheme, textContrast);
  });

  it.each(schemes)('carries the text of an alert and its small print: %s', (scheme) => {
    const background = `var(--mantine-color-${palette}-light)`;
    expectContrast('var(--mantine-color-text)', background, scheme, textContrast);
    expectContrast('var(--mantine-color-dimmed)', background, scheme, textContrast);
  });
});

describe.each(schemes)('%s', (scheme) => {
  it.each(['text', 'dimmed', 'error', 'success', 'anchor'])(
    'the colour “%s” is readable everywhere',
    (name) => {
      for (const surface of surfaces)
        expectContrast(`var(--mantine-color-${name})`, surface, scheme, textContrast);
    },
  );

  it('what is typed and what stands for it are readable in a field', () => {
    const field = scheme === 'light' ? '#fff' : shade('dark', 6);
    expectContrast('var(--mantine-color-text)', field, scheme, textContrast);
    expectContrast('var(--mantine-color-placeholder)', field, scheme, textContrast);
  });

  it('buttons without a colour are readable, also under the pointer', () => {
    for (const background of ['default', 'default-hover']) {
      expectContrast(
        'var(--mantine-color-default-color)',
        `var(--mantine-color-${background})`,
        scheme,
        textContrast,
      );
    }
  });

  it.each(['--holdfast-field-line', '--holdfast-focus', '--holdfast-mark', '--mantine-color-error'])(
    '%s stands out from what is around it',
    (variable) => {
      for (const surface of surfaces) expectContrast(`var(${variable})`, surface, scheme, shapeContrast);
    },
  );

  it('the mark can be told from its ground', () => {
    expectContrast('var(--holdfast-mark-detail)', 'var(--holdfast-mark)', scheme, shapeContrast);
  });
});

it('auto contrast changes from white to black text where both are equally readable', () => {
  const threshold = theme.luminanceThreshold ?? Number.NaN;
  expect((1 + 0.05) / (threshold + 0.05)).toBeCloseTo((threshold + 0.05) / (0 + 0.05), 1);
});
