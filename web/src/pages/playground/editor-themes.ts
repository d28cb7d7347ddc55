import { editor } from 'monaco-graphql/esm/monaco-editor.js';

/** Names of the editor's themes. */
export const editorThemes = { light: 'holdfast-light', dark: 'holdfast-dark' } as const;

const transparent = '#ffffff00';

/** Monaco's own comments, numbers and line numbers are too faint on GraphiQL's dark background: less than 4.5:1. */
editor.defineTheme(editorThemes.dark, {
  base: 'vs-dark',
  inherit: true,
  rules: [
    { token: 'comment', foreground: '#93b884' },
    { token: 'argument.identifier.gql', foreground: '#a9a4ff' },
  ],
  colors: {
    'editor.background': transparent,
    'editorLineNumber.foreground': '#9aa7ab',
    'editorLineNumber.activeForeground': '#d8dfe0',
  },
});

editor.defineTheme(editorThemes.light, {
  base: 'vs',
  inherit: true,
  rules: [{ token: 'argument.identifier.gql', foreground: '#5a56b8' }],
  colors: { 'editor.background': transparent },
});
