/**
 * The look of every page: palettes, spacing, type and the colour variables that Mantine derives from them.
 *
 * Every palette named here is built so that shade 7 and darker carry white text, and shade 9 is readable on
 * shade 1, at the 4.5:1 that WCAG 2.2 asks for (success criterion 1.4.3); `theme.test.ts` computes each pair.
 * Mantine's other stock palettes are not: use `kelp`, `red`, `yellow`, `green`, `blue` and `gray` only.
 */
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** The colour of the brand: the sea plant that a holdfast anchors to its rock. */
const kelp: MantineColorsTuple = [
  '#eefaf7',
  '#dbf2ec',
  '#b3e4d8',
  '#86d4c2',
  '#5fc3ae',
  '#43b29b',
  '#2f9d87',
  '#1b7767',
  '#176457',
  '#0f473d',
];

const red: MantineColorsTuple = [
  '#fdf0f0',
  '#fadddd',
  '#f3b9b8',
  '#ee9a97',
  '#ea7f7b',
  '#e0534e',
  '#d33d39',
  '#b92f2c',
  '#a32725',
  '#851d1c',
];

const yellow: MantineColorsTuple = [
  '#fff8e6',
  '#fdecc4',
  '#f9d88c',
  '#f4c250',
  '#eeb024',
  '#d99a0c',
  '#b97f06',
  '#8a5d04',
  '#754e03',
  '#5c3d02',
];

const green: MantineColorsTuple = [
  '#eef8ec',
  '#daf0d6',
  '#b5e0ad',
  '#8bcd80',
  '#68bd5b',
  '#4da740',
  '#3b8f31',
  '#2d7425',
  '#25621e',
  '#1a4815',
];

const blue: MantineColorsTuple = [
  '#eef5fd',
  '#dae8fa',
  '#b3cff3',
  '#89b4ec',
  '#6ea4e8',
  '#4588da',
  '#2f72c4',
  '#255c9f',
  '#1f4d86',
  '#163863',
];

const gray: MantineColorsTuple = [
  '#f5f8f7',
  '#ecf0ef',
  '#dfe5e3',
  '#cfd7d5',
  '#b3bebb',
  '#84918d',
  '#5b6864',
  '#4d5956',
  '#36413e',
  '#212a28',
];

/** The dark scheme's surfaces: 7 is a card, 8 the page behind it, 6 a field, 0 the text. */
const dark: MantineColorsTuple = [
  '#d8dfe0',
  '#bcc6c9',
  '#9aa7ab',
  '#75838a',
  '#455158',
  '#364148',
  '#262f35',
  '#1a2227',
  '#12181c',
  '#0b1013',
];

const FONT_FAMILY =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', Helvetica, Arial, sans-serif";

export const theme = createTheme({
  primaryColor: 'kelp',
  primaryShade: { light: 7, dark: 8 },
  autoContrast: true,
  // The luminance at which black and white text contrast equally; Mantine's 0.3 would leave white text at 3:1.
  luminanceThreshold: 0.179,
  colors: { kelp, red, yellow, green, blue, gray, dark },
  black: '#16201e',
  fontFamily: FONT_FAMILY,
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace",
  headings: {
    fontFamily: FONT_FAMILY,
    fontWeight: '650',
    textWrap: 'balance',
    sizes: {
      h1: { fontSize: '1.625rem', lineHeight: '1.25' },
      h2: { fontSize: '1.25rem', lineHeight: '1.35' },
      h3: { fontSize: '1.0625rem', lineHeight: '1.4' },
      h4: { fontSize: '1rem', lineHeight: '1.45' },
    },
  },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2.5rem' },
  radius: { xs: '0.1875rem', sm: '0.3125rem', md: '0.5rem', lg: '0.75rem', xl: '1.25rem' },
  defaultRadius: 'md',
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Anchor: { defaultProps: { underline: 'always' } },
    Alert: { defaultProps: { radius: 'md' } },
    Modal: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    Tooltip: { defaultProps: { withArrow: true, events: { hover: true, focus: true, touch: false } } },
  },
});

/** Colours that do not depend on a single palette, plus our own (`--holdfast-*`) for pages, fields and focus. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': gray[6],
    '--mantine-color-placeholder': gray[6],
    '--mantine-color-error': red[7],
    '--mantine-color-success': green[7],
    '--mantine-color-anchor': kelp[8],
    '--mantine-color-default-border': gray[3],
    '--holdfast-page': gray[0],
    '--holdfast-surface': '#ffffff',
    '--holdfast-line': gray[2],
    // A field's edge is what shows where to type: 3:1 against its surroundings (success criterion 1.4.11).
    '--holdfast-field-line': gray[5],
    '--holdfast-focus': kelp[7],
    '--holdfast-mark': kelp[7],
    '--holdfast-mark-detail': '#ffffff',
  },
  dark: {
    '--mantine-color-dimmed': dark[2],
    '--mantine-color-placeholder': dark[2],
    '--mantine-color-error': red[4],
    '--mantine-color-success': green[4],
    '--mantine-color-anchor': kelp[3],
    '--mantine-color-default-border': dark[4],
    '--holdfast-page': dark[8],
    '--holdfast-surface': dark[7],
    '--holdfast-line': dark[5],
    '--holdfast-field-line': dark[3],
    '--holdfast-focus': kelp[4],
    '--holdfast-mark': kelp[4],
    '--holdfast-mark-detail': dark[8],
  },
});
