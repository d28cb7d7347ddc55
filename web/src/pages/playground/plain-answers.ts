import { editor } from 'monaco-graphql/esm/monaco-editor.js';

// Monaco frames each character that looks like another, as it should in code; an answer is somebody's data, where a
// typographic apostrophe is a typographic apostrophe. GraphiQL has no option for it; its answers alone are read-only.
editor.onDidCreateEditor((created) => {
  if (!created.getOption(editor.EditorOption.readOnly)) return;
  created.updateOptions({ unicodeHighlight: { ambiguousCharacters: false } });
});
