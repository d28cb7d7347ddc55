import { createPolicy } from './create-policy.ts';

/** The text itself if it is a style sheet, in which no element can begin; undefined for whatever might be HTML. */
export function onlyStyleSheet(text: string): string | undefined {
  const isInBraces = text.includes('{') && text.trimEnd().endsWith('}');
  return (text === '' || isInBraces) && !text.includes('<') ? text : undefined;
}

// Mantine writes its style sheets by `innerHTML`. The default policy judges every string that is about to become HTML
// in a page: those pass, the rest throws. Import this first.
createPolicy('default', { createHTML: onlyStyleSheet });
