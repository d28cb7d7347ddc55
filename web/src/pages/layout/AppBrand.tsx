import { Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Logo } from '../../components/Logo.tsx';
import { TextLink } from '../links.tsx';
import classes from './layout.module.css';

interface AppBrandProps {
  /** The instance that the page is about. */
  instance?: { bookmarkId: string; name: string };
}

/** Logo, product name and, where there is one, the current instance. */
export function AppBrand({ instance }: AppBrandProps) {
  return (
    <div className={classes.brand}>
      <Link to="/" className={classes.home} aria-label="Holdfast, start page">
        <span className={classes.wideOnly}>
          <Logo />
        </span>
        <span className={classes.narrowOnly}>
          <Logo markOnly />
        </span>
      </Link>
      {instance ? (
        <>
          <Text span c="dimmed" aria-hidden>
            /
          </Text>
          <TextLink
            to="/instances/$instanceId"
            params={{ instanceId: instance.bookmarkId }}
            underline="hover"
            c="inherit"
            className={classes.instanceName}
          >
            {instance.name}
          </TextLink>
        </>
      ) : null}
    </div>
  );
}
