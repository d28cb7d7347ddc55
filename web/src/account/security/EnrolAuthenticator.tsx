import { Code, Group, Stack, Text } from '@mantine/core';
import { QRCodeSVG } from 'qrcode.react';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Failure } from '../../components/Failure.tsx';
import type { Enrolment } from '../api/security.ts';
import { CodeForm } from './CodeForm.tsx';
import classes from './enrol-authenticator.module.css';
import { explainSecurityFailure } from './explain-security-failure.ts';

interface EnrolAuthenticatorProps {
  enrolment: Enrolment;
  submitting: boolean;
  error: Error | null;
  onSubmit: (code: string) => void;
}

/** The secret for an authenticator app, as a picture and as a key to type, and the first code back. */
export function EnrolAuthenticator({ enrolment, submitting, error, onSubmit }: EnrolAuthenticatorProps) {
  return (
    <Stack gap="md">
      <Text size="sm">Scan the picture with an authenticator app, or type the key into it.</Text>
      <div className={classes.qr}>
        <QRCodeSVG
          value={enrolment.uri}
          size={176}
          marginSize={2}
          title="QR code for your authenticator app"
        />
      </div>
      <Group gap={4} wrap="nowrap" justify="center">
        <Code className={classes.key}>{enrolment.secret.replace(/.{4}(?=.)/g, '$& ')}</Code>
        <CopyButton value={enrolment.secret} label="Copy the key" />
      </Group>
      <CodeForm
        label="Code that the app shows"
        submitLabel="Turn on"
        submitting={submitting}
        failure={error ? <Failure {...explainSecurityFailure(error)} /> : null}
        onSubmit={onSubmit}
      />
    </Stack>
  );
}
