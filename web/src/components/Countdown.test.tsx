import { act, render, screen } from '@testing-library/react';
import { StrictMode } from 'react';
import { beforeEach, expect, it, vi } from 'vitest';
import { stopClock } from '../../test/clock.ts';
import '../../test/render.tsx';
import { AppProviders } from './AppProviders.tsx';
import { Countdown } from './Countdown.tsx';

beforeEach(stopClock);

const shown = (until: number, onExpire?: () => void) => (
  <AppProviders env="test">
    <Countdown until={until} label="Expires in" onExpire={onExpire} />
  </AppProviders>
);
const pass = (milliseconds: number) => {
  act(() => void vi.advanceTimersByTime(milliseconds));
};
const text = () => screen.getByRole('timer').textContent;

it('counts down to 0:00, and only then', () => {
  render(shown(Date.now() + 2_000));
  expect(text()).toBe('Expires in 0:02');
  pass(1_000);
  expect(text()).toBe('Expires in 0:01');
  pass(999);
  expect(text()).toBe('Expires in 0:01');
  pass(1);
  expect(text()).toBe('Expires in 0:00');
});

it('tells once that the time is over, and stops', () => {
  const onExpire = vi.fn();
  const until = Date.now() + 2_000;
  const { rerender } = render(shown(until, onExpire));
  pass(1_999);
  expect(onExpire).not.toHaveBeenCalled();
  pass(60_000);
  rerender(shown(until, onExpire));
  expect(onExpire).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

it('tells at once what was over before, also where React runs each effect twice', () => {
  const onExpire = vi.fn();
  render(<StrictMode>{shown(Date.now() - 1, onExpire)}</StrictMode>);
  expect(onExpire).toHaveBeenCalledOnce();
});

it('begins anew with another end', () => {
  const onExpire = vi.fn();
  const { rerender } = render(shown(Date.now() + 1_000, onExpire));
  pass(1_000);
  rerender(shown(Date.now() + 5_000, onExpire));
  expect(text()).toBe('Expires in 0:05');
  pass(5_000);
  expect(onExpire).toHaveBeenCalledTimes(2);
});

it('is not announced each second', () => {
  render(shown(Date.now() + 2_000));
  expect(screen.getByRole('timer').getAttribute('aria-live')).toBe('off');
});
