import { act, render } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { showFocused, showInRow } from './scrolling-row.ts';

/** Every link is 80 pixels wide, and the row shows 200 of them. */
function Row({ current }: { current: number }) {
  return (
    <nav>
      {[0, 1, 2, 3].map((index) => (
        <a
          key={index}
          onFocus={showFocused}
          ref={index === current ? showInRow : undefined}
          href={`#${index}`}
        >
          {index}
        </a>
      ))}
    </nav>
  );
}

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockImplementation(function (this: HTMLElement) {
    const scrolled = this.parentElement?.scrollLeft ?? 0;
    return this.tagName === 'NAV'
      ? new DOMRect(0, 0, 200, 40)
      : new DOMRect(80 * Number(this.textContent) - scrolled, 0, 80, 40);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

function rowAt(current: number) {
  const { container, rerender } = render(<Row current={current} />);
  return {
    row: container.querySelector('nav') as HTMLElement,
    goTo: (next: number) => rerender(<Row current={next} />),
  };
}

it.each([
  [0, 0],
  [1, 0],
  [2, 40],
  [3, 120],
])('begins so that link %i is seen, after %i pixels', (current, pixels) => {
  expect(rowAt(current).row.scrollLeft).toBe(pixels);
});

it('shows the current link, and the one that has the focus', () => {
  const { row, goTo } = rowAt(0);
  const scrolled: number[] = [];
  for (const index of [3, 2, 1, 0, 2]) {
    act(() => row.querySelectorAll('a')[index]?.focus());
    scrolled.push(row.scrollLeft);
  }
  expect(scrolled).toEqual([120, 120, 80, 0, 40]);
  goTo(3);
  expect(row.scrollLeft).toBe(120);
});
