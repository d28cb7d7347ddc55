import { Link } from '@tanstack/react-router';
import { useSession } from '../../auth/AuthProvider.tsx';
import classes from '../../components/page-links.module.css';
import { showFocused, showInRow } from '../../components/scrolling-row.ts';
import type { Bookmark } from '../../instances/bookmarks.ts';
import { isOnlyViewer } from '../roles.ts';
import { useInstanceState } from '../use-instance-state.ts';
import { useOwnRole } from '../use-own-role.ts';

const PAGES = [
  { page: 'overview', title: 'Overview', to: '/instances/$instanceId' },
  { page: 'audit', title: 'Audit log', to: '/instances/$instanceId/audit', isForMembers: true },
  { page: 'sessions', title: 'Sessions', to: '/instances/$instanceId/sessions', isForMembers: true },
  { page: 'playground', title: 'Playground', to: '/instances/$instanceId/playground' },
] as const;

export type InstancePageName = (typeof PAGES)[number]['page'];

interface InstanceNavigationProps {
  bookmark: Bookmark;
  /** The page that is shown, by whichever of its addresses. */
  current: InstancePageName | undefined;
}

/** The pages of one instance that whoever is signed in to it may see; before it has an owner there is nothing in them. */
export function InstanceNavigation({ bookmark, current }: InstanceNavigationProps) {
  const { session } = useSession(bookmark.url);
  const { state, isPending } = useInstanceState(bookmark.url);
  const { role, isPending: isRolePending } = useOwnRole(bookmark.url);
  if (!session || (state !== undefined && state !== 'CLAIMED')) return null;
  return (
    <nav
      aria-label="Pages of this instance"
      className={classes.pages}
      // Has its place already, so that nothing moves when the answer comes.
      style={isPending || isRolePending ? { visibility: 'hidden' } : undefined}
    >
      {PAGES.filter((shown) => !('isForMembers' in shown && isOnlyViewer(role))).map(
        ({ page, title, to }) => (
          <Link
            key={page}
            onFocus={showFocused}
            ref={page === current ? showInRow : undefined}
            to={to}
            params={{ instanceId: bookmark.id }}
            activeOptions={{ exact: true }}
            aria-current={page === current ? 'page' : undefined}
            className={classes.page}
          >
            {title}
          </Link>
        ),
      )}
    </nav>
  );
}
