import { act, screen, waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderInApp } from '../../test/render.tsx';
import { PageShell } from './PageShell.tsx';

const settled = () => act(() => new Promise((resolve) => setTimeout(resolve, 150)));
const button = () => screen.getByRole('button', { name: 'Remove' });

async function open(withHeading = true) {
  const page = (content: React.ReactNode) => (
    <PageShell title="Cards" titleInContent={!withHeading}>
      {content}
    </PageShell>
  );
  const { rerender } = await renderInApp(page(<button type="button">Remove</button>));
  return (content: React.ReactNode) => rerender(page(content));
}

it('goes to the heading when the element that had it is gone', async () => {
  const show = await open();
  button().focus();
  show(<p>Removed.</p>);
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1 })));
});

it('goes to the content where there is no heading yet', async () => {
  const show = await open(false);
  button().focus();
  show(<p>Loading…</p>);
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('main')));
});

it('stays where somebody has put it meanwhile', async () => {
  const show = await open();
  button().focus();
  show(<input aria-label="Name" />);
  screen.getByRole('textbox').focus();
  await settled();
  expect(document.activeElement).toBe(screen.getByRole('textbox'));
});

it('stays in a dialog that is open', async () => {
  const show = await open();
  button().focus();
  show(<dialog open aria-modal="true" />);
  await settled();
  expect(document.activeElement).toBe(document.body);
});

it('of nobody is not moved when a page opens', async () => {
  const show = await open();
  show(<p>Loaded.</p>);
  await settled();
  expect(document.activeElement).toBe(document.body);
});
