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
  onAdd: (instance: { name: string; url: string }) => void;
}

interface Doubt {
  url: string;
  message: string;
}

/** Adds an instance by its address, after having looked whether one is there. */
export function AddInstance({ parseUrl, isKept, test, onAdd }: AddInstanceProps) {
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
    if (isKept(parsed.url)) return refuse(`${parsed.url} is among your instances already.`);
    setTesting(true);
    const report = await test(parsed.url);
    setTesting(false);
    if (report.status === 'online') save(parsed.url);
    else if (report.status === 'not-an-instance') refuse(report.message);
    else setDoubt({ url: parsed.url, message: report.message });
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
              title="The connection test failed"
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
