import { screen, waitFor } from '@testing-library/react';
import type { ComponentProps } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { renderInApp } from '../../../test/render.tsx';
import { parseInstanceUrl } from '../../instances/bookmarks.ts';
import type { ConnectionReport } from '../../instances/connection-check.ts';
import { AddInstance } from './AddInstance.tsx';

type Props = ComponentProps<typeof AddInstance>;

const online: ConnectionReport = {
  status: 'online',
  state: 'CLAIMED',
  version: '0.1.0',
  issuer: 'https://cloud.test',
  resource: 'https://cloud.test/instances/instance-1',
  clockSkewSeconds: 0,
};

async function open(
  report: ConnectionReport | Promise<ConnectionReport> = online,
  findTwin: Props['findTwin'] = () => undefined,
) {
  const onAdd = vi.fn<Props['onAdd']>();
  const test = vi.fn<Props['test']>(async () => report);
  const { user } = await renderInApp(
    <AddInstance
      parseUrl={parseInstanceUrl}
      isKept={(url) => url === 'https://kept.test'}
      test={test}
      findTwin={findTwin}
      onAdd={onAdd}
    />,
  );
  return { user, onAdd, test };
}

const address = () => screen.getByLabelText<HTMLInputElement>(/^Address/);
const name = () => screen.getByLabelText<HTMLInputElement>(/^Name/);
const words = () => document.body.textContent;

describe('an instance that answers', () => {
  it('is added by its origin, with the name that the person gives it', async () => {
    const { user, onAdd, test } = await open();
    await user.type(address(), 'box.test/launcher');
    await user.type(name(), 'Box');
    await user.click(screen.getByRole('button', { name: 'Test and save' }));
    await waitFor(() =>
      expect(onAdd).toHaveBeenCalledExactlyOnceWith({ name: 'Box', url: 'https://box.test' }),
    );
    expect(test).toHaveBeenCalledExactlyOnceWith('https://box.test');
  });

  it('empties the form for the next one, and says that it was added', async () => {
    const { user } = await open();
    await user.type(name(), 'Box');
    await user.type(address(), 'box.test{Enter}');
    await waitFor(() => expect(screen.getByRole('status').textContent).toBe('Added https://box.test.'));
    expect([address().value, name().value]).toEqual(['', '']);
    expect(document.activeElement).toBe(address());
  });
});

describe('refused, with the focus on the address:', () => {
  async function expectRefused(reason: string): Promise<void> {
    await waitFor(() => expect(words()).toContain(reason));
    expect(address().getAttribute('aria-invalid')).toBe('true');
    expect(document.activeElement).toBe(address());
    expect(screen.queryByRole('button', { name: 'Save it anyway' })).toBeNull();
  }

  it('what is no address, without asking anybody', async () => {
    const { user, onAdd, test } = await open();
    await user.type(address(), 'two words{Enter}');
    await expectRefused('“two words” is not an address');
    expect(test).not.toHaveBeenCalled();
    expect(onAdd).not.toHaveBeenCalled();
  });

  it('an instance that is kept already, without asking it', async () => {
    const { user, onAdd, test } = await open();
    await user.type(address(), 'kept.test{Enter}');
    await expectRefused('https://kept.test is in your launcher already.');
    expect(test).not.toHaveBeenCalled();
    expect(onAdd).not.toHaveBeenCalled();
  });

  it('a server that is no instance', async () => {
    const { user, onAdd } = await open({ status: 'not-an-instance', message: 'Something else answers.' });
    await user.type(address(), 'other.test{Enter}');
    await expectRefused('Something else answers.');
    expect(onAdd).not.toHaveBeenCalled();
  });

  it('and the reason goes when the address changes', async () => {
    const { user } = await open({ status: 'not-an-instance', message: 'Something else answers.' });
    await user.type(address(), 'other.test{Enter}');
    await expectRefused('Something else answers.');
    await user.type(address(), '2');
    expect(words()).not.toContain('Something else answers.');
  });
});

describe.each(['offline', 'origin-refused'] as const)('an instance that is %s', (status) => {
  const report: ConnectionReport = { status, message: 'The reason.' };

  it('is not added by itself, but can be saved anyway', async () => {
    const { user, onAdd } = await open(report);
    await user.type(name(), 'Box');
    await user.type(address(), 'box.test');
    await user.click(screen.getByRole('button', { name: 'Test and save' }));
    const save = await screen.findByRole('button', { name: 'Save it anyway' });
    expect(screen.getByRole('alert').textContent).toContain('The reason.');
    expect(document.activeElement).toBe(address());
    expect(onAdd).not.toHaveBeenCalled();
    await user.click(save);
    expect(onAdd).toHaveBeenCalledExactlyOnceWith({ name: 'Box', url: 'https://box.test' });
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('cannot be saved under an address that was not tested', async () => {
    const { user } = await open(report);
    await user.type(address(), 'box.test{Enter}');
    await screen.findByRole('button', { name: 'Save it anyway' });
    await user.type(address(), ':8443');
    expect(screen.queryByRole('button', { name: 'Save it anyway' })).toBeNull();
  });
});

describe('an instance that is kept under another address', () => {
  const findTwin: Props['findTwin'] = (resource) =>
    resource === online.resource ? 'http://127.0.0.1:8080' : undefined;

  it('is added only when the person wants it twice', async () => {
    const { user, onAdd } = await open(online, findTwin);
    await user.type(address(), 'localhost:8080{Enter}');
    const save = await screen.findByRole('button', { name: 'Save it anyway' });
    const doubt = screen.getByRole('alert').textContent;
    expect(doubt).toContain('This instance is in your launcher already');
    expect(doubt).toContain('At http://localhost:8080 stands the same instance as at http://127.0.0.1:8080');
    expect(onAdd).not.toHaveBeenCalled();
    await user.click(save);
    expect(onAdd).toHaveBeenCalledExactlyOnceWith({ name: '', url: 'http://localhost:8080' });
  });

  it('is not looked for before it is registered', async () => {
    const { user, onAdd } = await open({ ...online, resource: undefined }, () => 'http://127.0.0.1:8080');
    await user.type(address(), 'localhost:8080{Enter}');
    await waitFor(() => expect(onAdd).toHaveBeenCalledOnce());
  });
});

it('announces the test, and is not submitted twice meanwhile', async () => {
  const { promise, resolve } = Promise.withResolvers<ConnectionReport>();
  const { user, test } = await open(promise);
  await user.type(address(), 'box.test{Enter}');
  expect(screen.getByRole('status').textContent).toBe('Testing the connection');
  const submit = screen.getByRole('button', { name: 'Test and save' });
  expect(submit).toHaveProperty('disabled', true);
  await user.click(submit);
  await user.type(address(), '{Enter}');
  resolve(online);
  await waitFor(() => expect(screen.getByRole('status').textContent).toContain('Added'));
  expect(test).toHaveBeenCalledOnce();
});
