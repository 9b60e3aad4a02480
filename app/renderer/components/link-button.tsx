import { Anchor, Button } from "@mantine/core";
import type { AnchorProps, ButtonProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { ReactNode } from "react";

interface ButtonAnchorProps extends ButtonProps {
  readonly ref?: React.Ref<HTMLAnchorElement>;
  readonly children?: ReactNode;
}

/** A button that goes somewhere: a link with the router's types. */
export const LinkButton = createLink((props: ButtonAnchorProps) => <Button component="a" {...props} />);

interface TextLinkProps extends AnchorProps {
  readonly ref?: React.Ref<HTMLAnchorElement>;
  readonly children?: ReactNode;
}

/** Stands by itself: in a cell, beside a title. */
export const TextLink = createLink((props: TextLinkProps) => <Anchor size="sm" {...props} />);

/** Stands among words, and is told from them by more than its colour. */
export const InlineLink = createLink((props: TextLinkProps) => <Anchor inherit underline="always" {...props} />);
