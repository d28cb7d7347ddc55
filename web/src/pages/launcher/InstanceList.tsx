import { Children, type ReactNode } from 'react';
import classes from './launcher.module.css';

/** The cards, as a list. */
export function InstanceList({ children }: { children: ReactNode }) {
  return (
    <ul className={classes.list} aria-label="Instances">
      {Children.map(children, (card) => (
        <li className={classes.item}>{card}</li>
      ))}
    </ul>
  );
}
