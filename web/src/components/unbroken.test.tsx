import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import '../../test/render.tsx';
import { unbroken } from './unbroken.tsx';

it('keeps a short word with a hyphen in one piece, and reads the same', () => {
  render(<h1>{unbroken('Approve this sign-in?')}</h1>);
  const heading = screen.getByRole('heading', { name: 'Approve this sign-in?' });
  expect([...heading.children].map(({ textContent }) => textContent)).toEqual(['sign-in?']);
  expect((heading.firstElementChild as HTMLElement).style.whiteSpace).toBe('nowrap');
});

it('lets long names break', () => {
  render(<h1>{unbroken('Sign in to box-of-the-red-team')}</h1>);
  expect(screen.getByRole('heading').children).toHaveLength(0);
});
