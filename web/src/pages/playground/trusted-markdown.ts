import { markdown } from '@graphiql/react';
import { createPolicy } from '../../trusted-types/create-policy.ts';

// GraphiQL shows descriptions of the schema, which come from an instance, as Markdown. Its renderer escapes all HTML in
// them and makes no links to scripts, so what it makes of a text can be trusted, whatever the text.
const render = markdown.render.bind(markdown);
const policy = createPolicy('holdfast-markdown', { createHTML: (text) => render(text) });
markdown.render = (text) => policy.createHTML(text);
