import { Button, NativeSelect, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Failure } from '../../components/Failure.tsx';
import type { NewRegistrationKey, Workspace } from '../api/registration-keys.ts';
import { focusFirstInvalid } from '../focus-first-invalid.ts';
import { explainKeyFailure } from './explain-key-failure.ts';

const DAY_SECONDS = 86_400;
const LIFETIMES = [
  { days: 1, label: 'A day' },
  { days: 7, label: 'A week' },
  { days: 30, label: '30 days' },
  { days: 90, label: '90 days' },
  { days: 365, label: 'A year' },
] as const;
const PROPOSED_DAYS = 30;

/** As the cloud has it. */
const MAXIMUM_LABEL_LENGTH = 56;
const MAXIMUM_USES = 1_000;

interface NewKeyFormProps {
  /** Those that it can be for: the first is proposed. */
  workspaces: Workspace[];
  submitting: boolean;
  error: Error | null;
  onSubmit: (key: NewRegistrationKey) => void;
}

/** Asks what a key is for. */
export function NewKeyForm({ workspaces, submitting, error, onSubmit }: NewKeyFormProps) {
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { workspace: workspaces[0]?.id ?? '', label: '', days: String(PROPOSED_DAYS), uses: '1' },
    validate: {
      label: (label) => (label.trim() === '' ? 'Enter what the key is for.' : null),
      uses: (uses) =>
        /^\d{1,4}$/.test(uses.trim()) && Number(uses) >= 1 && Number(uses) <= MAXIMUM_USES
          ? null
          : `Enter a whole number from 1 to ${MAXIMUM_USES}.`,
    },
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ workspace, label, days, uses }) => {
        const lifetime_seconds = Number(days) * DAY_SECONDS;
        onSubmit({ workspace, label: label.trim(), lifetime_seconds, uses: Number(uses) });
      }, focusFirstInvalid(form))}
    >
      <Stack gap="md">
        {error ? <Failure {...explainKeyFailure(error)} /> : null}
        <TextInput
          label="What it is for"
          description="Such as “Build machine”. Instances that use the key are called so at first."
          maxLength={MAXIMUM_LABEL_LENGTH}
          required
          data-autofocus
          autoComplete="off"
          key={form.key('label')}
          {...form.getInputProps('label')}
        />
        {workspaces.length > 1 ? (
          <NativeSelect
            label="Workspace"
            data={workspaces.map(({ id, name }) => ({ value: id, label: name }))}
            key={form.key('workspace')}
            {...form.getInputProps('workspace')}
          />
        ) : null}
        <NativeSelect
          label="Good for"
          data={LIFETIMES.map(({ days, label }) => ({ value: String(days), label }))}
          key={form.key('days')}
          {...form.getInputProps('days')}
        />
        <TextInput
          label="How many instances it may add"
          description="With one, a copy of the key is worth nothing once your machine has used it."
          inputMode="numeric"
          maxLength={4}
          required
          autoComplete="off"
          key={form.key('uses')}
          {...form.getInputProps('uses')}
        />
        <Button type="submit" loading={submitting} fullWidth>
          Make the key
        </Button>
      </Stack>
    </form>
  );
}
