import type { ComponentProps, ReactNode } from 'react';
import classes from './framed-rows.module.css';

interface FramedRowProps extends Omit<ComponentProps<'li'>, 'title'> {
  icon: ReactNode;
  title: ReactNode;
  badge?: ReactNode;
  /** Beside the rest where there is room. */
  aside?: ReactNode;
}

/** A row of a list in one frame: an icon, what it is about, and what stands beside it. */
export function FramedRow({ icon, title, badge, aside, className = '', children, ...props }: FramedRowProps) {
  return (
    <li {...props} className={`${classes.row} ${className}`}>
      <span className={classes.icon}>{icon}</span>
      <div>
        <div className={classes.title}>
          <strong>{title}</strong>
          {badge}
        </div>
        {children}
      </div>
      {aside}
    </li>
  );
}
