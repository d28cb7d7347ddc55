import { Button, Group, Paper, Stack, TextInput, Title, VisuallyHidden } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useId, useRef, useState } from 'react';
import { Failure } from '../../components/Failure.tsx';
import type { ConnectionReport } from '../../instances/connection-check.ts';
import classes from './launcher.module.css';

interface AddInstanceProps {
  parseUrl: (input: string) => { ok: true; url: string } | { ok: false; message: string };
  isKept: (url: string) => boolean;
  /** Finds out what stands at an address. */
  test: (url: string) => Promise<ConnectionReport>;
  /** The other address under which an instance is kept already. */
  findTwin: (resource: string) => string | undefined;
  onAdd: (instance: { name: string; url: string }) => void;
}

interface Doubt {
  url: string;
  title: string;
  message: string;
}

/** Adds an instance by its address, after having looked whether one is there. */
export function AddInstance({ parseUrl, isKept, test, findTwin, onAdd }: AddInstanceProps) {
  const titleId = useId();
  const address = useRef<HTMLInputElement>(null);
  const [input, setInput] = useState('');
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string>();
  const [doubt, setDoubt] = useState<Doubt>();
  const [testing, setTesting] = useState(false);
  const [outcome, setOutcome] = useState('');

  const refuse = (message: string) => {
    setProblem(message);
    address.current?.focus();
  };
  const hesitate = (about: Doubt) => {
    setDoubt(about);
    address.current?.focus();
  };
  const save = (url: string) => {
    onAdd({ name, url });
    setOutcome(`Added ${url}.`);
    setInput('');
    setName('');
    setDoubt(undefined);
    address.current?.focus();
  };
  const submit = async () => {
    setDoubt(undefined);
    setProblem(undefined);
    setOutcome('');
    const parsed = parseUrl(input);
    if (!parsed.ok) return refuse(parsed.message);
    if (isKept(parsed.url)) return refuse(`${parsed.url} is in your launcher already.`);
    setTesting(true);
    const report = await test(parsed.url);
    setTesting(false);
    if (report.status === 'not-an-instance') return refuse(report.message);
    if (report.status !== 'online') {
      return hesitate({ url: parsed.url, title: 'The connection test failed', message: report.message });
    }
    const twin = report.resource === undefined ? undefined : findTwin(report.resource);
    if (twin === undefined) return save(parsed.url);
    return hesitate({
      url: parsed.url,
      title: 'This instance is in your launcher already',
      message: `At ${parsed.url} stands the same instance as at ${twin}, which you keep already. Saved once more it gets a second card, with a sign-in of its own.`,
    });
  };

  return (
    <Paper component="section" withBorder p="lg" radius="lg" aria-labelledby={titleId}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Stack>
          <Title order={2} id={titleId}>
            Add an instance
          </Title>
          <div className={classes.fields}>
            <TextInput
              ref={address}
              label="Address"
              description="As the instance prints it when it starts"
              placeholder="https://box.example"
              inputMode="url"
              autoComplete="off"
              spellCheck={false}
              value={input}
              error={problem}
              onChange={(event) => {
                setInput(event.currentTarget.value);
                setProblem(undefined);
                setDoubt(undefined);
              }}
            />
            <TextInput
              label="Name (optional)"
              description="Only for you, in this browser"
              autoComplete="off"
              maxLength={64}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          </div>
          {doubt ? (
            <Failure
              title={doubt.title}
              message={doubt.message}
              action={
                <Button size="sm" variant="default" onClick={() => save(doubt.url)}>
                  Save it anyway
                </Button>
              }
            />
          ) : null}
          <Group>
            <Button type="submit" loading={testing} leftSection={<IconPlus size={18} aria-hidden />}>
              Test and save
            </Button>
          </Group>
          <VisuallyHidden component="output">{testing ? 'Testing the connection' : outcome}</VisuallyHidden>
        </Stack>
      </form>
    </Paper>
  );
}
