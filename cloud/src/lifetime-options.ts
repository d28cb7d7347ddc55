import { Option } from 'commander';
import { formatDuration } from './duration.ts';
import { lifetimeFlags, lifetimeNames } from './lifetime-config.ts';
import { defaultLifetimes } from './lifetimes.ts';

/** The lifetimes as commander options: of `holdfast-cloud serve` and of `npm start`. */
export function lifetimeOptions(): Option[] {
  return lifetimeNames.map((lifetime) => {
    const { flag, description } = lifetimeFlags[lifetime];
    const variable = `HOLDFAST_CLOUD_${flag.slice(2).replaceAll('-', '_').toUpperCase()}`;
    return new Option(`${flag} <duration>`, description)
      .env(variable)
      .default(formatDuration(defaultLifetimes[lifetime]));
  });
}
