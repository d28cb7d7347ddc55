import type { ReactNode } from 'react';
import { Logo } from '../../components/Logo.tsx';
import { PageShell } from '../../components/PageShell.tsx';
import { AccountLink } from '../navigation.tsx';

interface AccountShellProps {
  title: string;
  actions?: ReactNode;
  titleInContent?: boolean;
  children: ReactNode;
}

/** The frame of every account page. */
export function AccountShell(props: AccountShellProps) {
  return <PageShell brand={<Brand />} {...props} />;
}

function Brand() {
  return (
    <AccountLink to="/" aria-label="Holdfast, your instances">
      <Logo />
    </AccountLink>
  );
}
