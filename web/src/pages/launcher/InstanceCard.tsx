import { Badge, Group, Paper, Text, Title } from '@mantine/core';
import { type Bookmark, isNamed, nameInSentence } from '../../instances/bookmarks.ts';
import type { ConnectionReport } from '../../instances/connection-check.ts';
import { ButtonLink } from '../links.tsx';
import { BookmarkMenu } from './BookmarkMenu.tsx';
import { statusWords } from './connection-status.ts';
import classes from './launcher.module.css';

interface InstanceCardProps {
  bookmark: Bookmark;
  /** Undefined while the first check is under way. */
  report: ConnectionReport | undefined;
  signedIn: boolean;
  /** The name that the instance itself bears, where the person may know it. */
  ownName: string | undefined;
  onRename: (name: string) => void;
  onRemove: () => void;
}

/** One bookmarked instance: how it is, and the way in. */
export function InstanceCard({ bookmark, report, signedIn, ownName, onRename, onRemove }: InstanceCardProps) {
  const { id, url } = bookmark;
  const name = isNamed(bookmark) ? bookmark.name : (ownName ?? bookmark.name);
  const isOpenable = report === undefined || report.status === 'online' || report.status === 'offline';
  return (
    <Paper component="article" withBorder p="lg" radius="lg" className={classes.card} aria-label={name}>
      <div className={classes.head}>
        <div>
          <Title order={2} className={classes.name}>
            {name}
          </Title>
          {ownName === undefined || ownName === name ? null : <Text className={classes.name}>{ownName}</Text>}
        </div>
        <BookmarkMenu
          name={name}
          url={url}
          isRemovable={id !== 'this'}
          signedIn={signedIn}
          onRename={onRename}
          onRemove={onRemove}
        />
      </div>
      <Text size="sm" c="dimmed" className={classes.address}>
        {url}
      </Text>
      <Group gap="xs" component="output" aria-label="Status">
        {statusWords(report, signedIn).map(({ label, color }) => (
          <Badge key={label} color={color} variant="light">
            {label}
          </Badge>
        ))}
      </Group>
      {report === undefined || report.status === 'online' ? null : <Text size="sm">{report.message}</Text>}
      <div className={classes.foot}>
        {isOpenable ? (
          <ButtonLink
            to="/instances/$instanceId"
            params={{ instanceId: id }}
            fullWidth
            aria-label={`Open ${nameInSentence({ name })}`}
          >
            Open
          </ButtonLink>
        ) : null}
      </div>
    </Paper>
  );
}
