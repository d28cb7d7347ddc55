import { VisuallyHidden } from '@mantine/core';
import { cutInTheMiddle } from './cut-in-the-middle.ts';

interface PageAddressProps {
  origin: string;
}

/**
 * The origin of a page, as text. Somebody else has chosen it, at any length: the beginning and the end stay, since the
 * end is what tells whose it is. Screen readers, and whoever points at it, get all of it.
 */
export function PageAddress({ origin }: PageAddressProps) {
  const shown = cutInTheMiddle(origin);
  if (shown === origin) return <bdi>{origin}</bdi>;
  return (
    <bdi title={origin}>
      <span aria-hidden>{shown}</span>
      <VisuallyHidden>{origin}</VisuallyHidden>
    </bdi>
  );
}
