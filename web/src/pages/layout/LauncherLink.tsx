import { IconRocket } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import classes from './layout.module.css';

/** The way to the list of instances; only its icon on narrow screens. */
export function LauncherLink() {
  return (
    <nav aria-label="Main">
      <Link to="/launcher" className={classes.navigationLink} aria-label="Launcher">
        <IconRocket size={20} aria-hidden />
        <span className={classes.wideOnly}>Launcher</span>
      </Link>
    </nav>
  );
}
