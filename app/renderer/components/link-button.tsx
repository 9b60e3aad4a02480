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

export const TextLink = createLink((props: TextLinkProps) => <Anchor size="sm" {...props} />);
