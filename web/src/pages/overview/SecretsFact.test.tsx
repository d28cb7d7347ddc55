import { screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { renderInApp } from '../../../test/render.tsx';
import { Facts } from './FactCard.tsx';
import { SecretsFact } from './SecretsFact.tsx';

async function open(props: Parameters<typeof SecretsFact>[0]) {
  return renderInApp(
    <Facts>
      <SecretsFact {...props} />
    </Facts>,
  );
}

const copyButton = () => screen.queryByRole('button', { name: 'Copy location of the key' });

describe('what protects the secrets', () => {
  it('is a key file, whose path can be copied', async () => {
    const { user } = await open({ keySource: 'KEY_FILE', keyLocation: '/etc/holdfast/lab.key' });
    expect(screen.getByRole('term').textContent).toBe('Secrets');
    expect(screen.getByRole('definition').textContent).toBe('Key file/etc/holdfast/lab.key');
    await user.click(copyButton() as HTMLElement);
    expect(await navigator.clipboard.readText()).toBe('/etc/holdfast/lab.key');
  });

  it('is a passphrase, which lies nowhere', async () => {
    await open({ keySource: 'PASSPHRASE', keyLocation: undefined });
    expect(screen.getByRole('definition').textContent).toBe('Passphrase');
    expect(copyButton()).toBeNull();
  });

  it('is a credential of the systemd unit', async () => {
    const keyLocation = '/run/credentials/holdfast.service/holdfast-key';
    await open({ keySource: 'SYSTEMD_CREDENTIAL', keyLocation });
    expect(screen.getByRole('definition').textContent).toBe(`systemd credential${keyLocation}`);
  });
});
