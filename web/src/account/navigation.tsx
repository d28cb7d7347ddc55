/**
 * Links between the account pages, and where a person goes after signing in.
 *
 * TanStack Router's types know one router per program, and that is the instance's app. So this file names the
 * addresses of the account pages itself, and is the only one here that uses the router without its types.
 */
import { Anchor, Button, type ButtonVariant } from '@mantine/core';
import { type AnyRouter, Link, useLocation, useNavigate } from '@tanstack/react-router';
import { type ComponentType, type ReactNode, useEffect, useState } from 'react';

export type AccountPath =
  | '/'
  | '/sign-in'
  | '/sign-up'
  | '/forgot-password'
  | '/reset-password'
  | '/verify-email'
  | '/security'
  | '/registration-keys'
  | '/device';

/**
 * The page that needed an account. It travels in the history entry's state, where no link from outside can put
 * it, and only these values are believed.
 */
export type ReturnPath = (typeof RETURN_PATHS)[number];

const RETURN_PATHS = ['/', '/security', '/registration-keys', '/device'] as const;

interface Destination {
  to: AccountPath;
  /** Where to go on after signing in. */
  returnTo?: ReturnPath;
}

interface UntypedDestination {
  to: string;
  state?: { returnTo?: ReturnPath };
  replace?: boolean;
}

const UntypedLink = Link as ComponentType<UntypedDestination & { className?: string; children?: ReactNode }>;
const useUntypedNavigate = useNavigate as () => (destination: UntypedDestination) => Promise<void>;

interface LinkProps extends Destination {
  className?: string;
  'aria-label'?: string;
  'aria-current'?: 'page';
  children: ReactNode;
}

/** A link without a look of its own. */
export function AccountLink({ returnTo, ...props }: LinkProps) {
  return <UntypedLink state={{ returnTo }} {...props} />;
}

/** A link inside text. */
export function TextLink(props: LinkProps) {
  return <Anchor component={AccountLink} {...props} />;
}

/** A link that looks like a button. */
export function ButtonLink(props: LinkProps & { variant?: ButtonVariant; fullWidth?: boolean }) {
  return <Button component={AccountLink} {...props} />;
}

/** Leaves for another page as soon as it is rendered, without a trace in the history. */
export function GoTo(destination: Destination) {
  const navigate = useUntypedNavigate();
  // Only the first destination counts: on the way, this page is rendered again with the new address already in place.
  const [first] = useState(destination);
  useEffect(() => {
    void navigate({ to: first.to, state: { returnTo: first.returnTo }, replace: true });
  }, [navigate, first]);
  return null;
}

/** Where the person goes on after signing in. */
export function useReturnPath(): ReturnPath {
  const state: object = useLocation<AnyRouter>().state;
  return RETURN_PATHS.find((path) => 'returnTo' in state && state.returnTo === path) ?? '/';
}
