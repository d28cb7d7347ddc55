import type { ReactNode } from 'react';
import { Logo } from '../../components/Logo.tsx';
import { PageShell } from '../../components/PageShell.tsx';
import { AccountLink } from '../navigation.tsx';
import { AccountNavigation, type AccountPageName } from './AccountNavigation.tsx';

interface AccountShellProps {
  title: string;
  actions?: ReactNode;
  titleInContent?: boolean;
  /** Which of the account's pages this is; only they lead to each other. */
  current?: AccountPageName;
  children: ReactNode;
}

/** The frame of every account page. */
export function AccountShell({ current, ...props }: AccountShellProps) {
  return (
    <PageShell
      brand={<Brand />}
      subpages={current ? <AccountNavigation current={current} /> : null}
      {...props}
    />
  );
}

function Brand() {
  return (
    <AccountLink to="/" aria-label="Holdfast, your instances">
      <Logo />
    </AccountLink>
  );
}
