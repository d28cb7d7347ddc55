import { ActionIcon, Button, Group, Text, TextInput, Title, Tooltip } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconPencil } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import type { Role } from '../../graphql/generated/graphql.ts';
import { instanceNameProblem } from './instance-name.ts';
import type { RenameRefusal } from './rename-outcome.ts';

interface RenameInstanceProps {
  name: string;
  /** Undefined until it is known. */
  role: Role | undefined;
  onRename: (name: string) => Promise<RenameRefusal>;
}

/** The instance's name as the page's heading, which turns into a field to change it. */
export function RenameInstance({ name, role, onRename }: RenameInstanceProps) {
  const [editing, setEditing] = useState(false);
  const pencil = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);

  useEffect(() => {
    // Back to where the person came from; not when the page opens.
    if (wasEditing.current && !editing) pencil.current?.focus();
    wasEditing.current = editing;
  }, [editing]);

  if (role === 'VIEWER' || role === 'MEMBER') return <FixedName name={name} />;
  if (editing) return <NameForm name={name} onRename={onRename} onDone={() => setEditing(false)} />;
  return (
    <Group gap="xs" wrap="nowrap" miw={0}>
      <Name name={name} />
      <Tooltip label="Rename">
        <ActionIcon
          ref={pencil}
          variant="subtle"
          color="gray"
          aria-label="Rename instance"
          onClick={() => setEditing(true)}
        >
          <IconPencil size={18} aria-hidden />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}

/** For those whom the instance would refuse. */
function FixedName({ name }: { name: string }) {
  return (
    <div>
      <Name name={name} />
      <Text size="sm" c="dimmed">
        Only admins and owners of the workspace can rename it.
      </Text>
    </div>
  );
}

function Name({ name }: { name: string }) {
  return (
    <Title order={1} tabIndex={-1} style={{ overflowWrap: 'anywhere' }}>
      {name}
    </Title>
  );
}

interface NameFormProps extends Pick<RenameInstanceProps, 'name' | 'onRename'> {
  onDone: () => void;
}

function NameForm({ name, onRename, onDone }: NameFormProps) {
  const input = useRef<HTMLInputElement>(null);
  const form = useForm({
    initialValues: { name },
    validate: { name: (value) => instanceNameProblem(value) ?? null },
  });
  useEffect(() => input.current?.select(), []);

  const save = async (value: string) => {
    if (value === name) return onDone();
    const refusal = await onRename(value);
    if (refusal === undefined) return onDone();
    form.setFieldError('name', refusal);
    input.current?.focus();
  };

  return (
    <form noValidate onSubmit={(event) => form.onSubmit(({ name: value }) => save(value.trim()))(event)}>
      <Group gap="xs" align="flex-end">
        <TextInput
          ref={input}
          label="Instance name"
          required
          withAsterisk={false}
          autoComplete="off"
          miw={{ base: '100%', xs: '18rem' }}
          {...form.getInputProps('name')}
          onKeyDown={(event) => {
            if (event.key === 'Escape') onDone();
          }}
          disabled={form.submitting}
        />
        <Button type="submit" loading={form.submitting}>
          Save
        </Button>
        <Button variant="default" onClick={onDone} disabled={form.submitting}>
          Cancel
        </Button>
      </Group>
    </form>
  );
}
