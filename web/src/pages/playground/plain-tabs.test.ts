import { screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepTabsPlain } from './plain-tabs.ts';

let editor: HTMLElement;
let stop: () => void;

beforeEach(() => {
  document.body.innerHTML = `<div>
    <ul role="tablist">
      <li role="tab" aria-selected="true"><button>Overview</button></li>
      <li role="tab" aria-selected="false"><button>Other</button></li>
    </ul>
  </div>`;
  editor = document.body.firstElementChild as HTMLElement;
  stop = keepTabsPlain(editor);
});

afterEach(() => {
  stop();
  document.body.innerHTML = '';
});

const current = () => screen.getAllByRole('button').map((button) => button.getAttribute('aria-current'));

it('makes tabs a list of buttons, one of which is current', () => {
  expect(screen.queryByRole('tablist')).toBeNull();
  expect(screen.queryAllByRole('tab')).toEqual([]);
  expect(screen.getAllByRole('listitem')).toHaveLength(2);
  expect(current()).toEqual(['true', 'false']);
});

it('goes with the selection', async () => {
  const [first, second] = screen.getAllByRole('listitem');
  first?.setAttribute('aria-selected', 'false');
  second?.setAttribute('aria-selected', 'true');
  await waitFor(() => expect(current()).toEqual(['false', 'true']));
});

it('mends tabs that are opened later', async () => {
  editor
    .querySelector('ul')
    ?.insertAdjacentHTML('beforeend', '<li role="tab" aria-selected="false"><button>Third</button></li>');
  await waitFor(() => expect(screen.queryAllByRole('tab')).toEqual([]));
});

it('leaves the editor alone once it is stopped', async () => {
  stop();
  editor.querySelector('ul')?.setAttribute('role', 'tablist');
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(screen.getByRole('tablist')).toBeTruthy();
});
