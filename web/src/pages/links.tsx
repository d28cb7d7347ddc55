import { Anchor, type AnchorProps, Button, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { ReactNode, Ref } from 'react';

interface LinkElementProps {
  ref?: Ref<HTMLAnchorElement>;
  children?: ReactNode;
}

function PlainAnchor(props: Omit<AnchorProps, 'href'> & LinkElementProps) {
  return <Anchor {...props} />;
}

function AnchorButton(props: Omit<ButtonProps, 'href'> & LinkElementProps) {
  return <Button component="a" {...props} />;
}

/** A text link to a page of this app. */
export const TextLink = createLink(PlainAnchor);

/** A link to a page of this app that looks like a button. */
export const ButtonLink = createLink(AnchorButton);
