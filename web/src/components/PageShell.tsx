import { Anchor, Box, Container, Group, Title, UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';
import { ColorSchemeToggle } from './ColorSchemeToggle.tsx';
import { Logo } from './Logo.tsx';
import classes from './page-shell.module.css';
import { unbroken } from './unbroken.tsx';

interface PageShellProps {
  /** The page's name: its first heading and, with the product's name, the document title. */
  title: string;
  /** Buttons beside the heading. */
  actions?: ReactNode;
  /** Links or menus of the whole app, in the top bar. */
  navigation?: ReactNode;
  /** Links to the pages that belong together with this one, below the top bar. */
  subpages?: ReactNode;
  /** Replaces the logo that links to `/`, for example with a router's own link. */
  brand?: ReactNode;
  /** The content brings its own first heading, as `CenteredCard` does. */
  titleInContent?: boolean;
  /** Width that the content may take: `narrow` for text and forms, `wide` for lists, `full` for tools. */
  width?: 'narrow' | 'wide' | 'full';
  children: ReactNode;
}

/** The frame of every page: skip link, top bar, main landmark, heading and document title. */
export function PageShell({
  title,
  actions,
  navigation,
  subpages,
  brand,
  titleInContent = false,
  width = 'wide',
  children,
}: PageShellProps) {
  const containerSize = width === 'narrow' ? 640 : 1040;
  return (
    <div className={classes.shell}>
      <title>{`${title} · Holdfast`}</title>
      <Anchor href="#content" className={classes.skip} onClick={skipToContent}>
        Skip to content
      </Anchor>
      <header className={classes.bar}>
        <Container size={1040} fluid={width === 'full'} className={classes.barInner}>
          {brand ?? (
            <UnstyledButton
              component="a"
              href="/"
              className={classes.brand}
              aria-label="Holdfast, start page"
            >
              <Logo />
            </UnstyledButton>
          )}
          <Group gap="xs" className={classes.navigation}>
            {navigation}
            <ColorSchemeToggle />
          </Group>
        </Container>
        {subpages ? (
          <Container size={1040} fluid={width === 'full'}>
            {subpages}
          </Container>
        ) : null}
      </header>
      <main id="content" tabIndex={-1} className={classes.main} data-width={width}>
        <Container size={containerSize} fluid={width === 'full'} className={classes.content}>
          {titleInContent ? null : (
            <Group justify="space-between" gap="sm" mb="lg">
              <Title order={1} tabIndex={-1} className={classes.title}>
                {unbroken(title)}
              </Title>
              {actions ? <Group gap="xs">{actions}</Group> : null}
            </Group>
          )}
          <Box className={classes.body}>{children}</Box>
        </Container>
      </main>
    </div>
  );
}

/** Moves focus without touching the address bar, whose fragment may carry a code. */
function skipToContent(event: React.MouseEvent<HTMLAnchorElement>): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}
