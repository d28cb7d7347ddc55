import type { ReactNode } from 'react';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { AccountShell } from '../layout/AccountShell.tsx';

/** A link that is good for nothing any more, and the way to another one. */
export function UselessLink({ children }: { children: ReactNode }) {
  return (
    <AccountShell title="This link does not work" titleInContent>
      <CenteredCard
        title="This link does not work"
        description="It was used already, is too old, or is not whole. Nothing was changed."
      >
        {children}
      </CenteredCard>
    </AccountShell>
  );
}
