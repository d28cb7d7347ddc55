import classes from '../../components/page-links.module.css';
import { AccountLink } from '../navigation.tsx';

const PAGES = [
  { page: 'instances', title: 'Your instances', to: '/' },
  { page: 'registration-keys', title: 'Keys', to: '/registration-keys' },
  { page: 'security', title: 'Security', to: '/security' },
] as const;

export type AccountPageName = (typeof PAGES)[number]['page'];

/** The pages of an account, below the top bar. */
export function AccountNavigation({ current }: { current: AccountPageName }) {
  return (
    <nav aria-label="Account" className={classes.pages}>
      {PAGES.map(({ page, title, to }) => (
        <AccountLink
          key={page}
          to={to}
          className={classes.page}
          aria-current={page === current ? 'page' : undefined}
        >
          {title}
        </AccountLink>
      ))}
    </nav>
  );
}
