import { Text, Tooltip } from "@mantine/core";
import type { ReactNode } from "react";

/** A figure and what it is. */
export function Fact({ label, children, help }: { readonly label: string; readonly children: ReactNode; readonly help?: string }) {
  const name = (
    <Text size="xs" c="dimmed" component="dt" {...(help === undefined ? {} : { tabIndex: 0, style: { textDecoration: "underline dotted", textUnderlineOffset: 3, cursor: "help", width: "fit-content" } })}>
      {label}
    </Text>
  );
  return (
    <div>
      {help === undefined ? name : <Tooltip label={help}>{name}</Tooltip>}
      <Text size="lg" fw={600} component="dd" m={0} style={{ lineHeight: 1.3 }}>
        {children}
      </Text>
    </div>
  );
}

/** Facts side by side, as many as fit. */
export function Facts({ children }: { readonly children: ReactNode }) {
  return <dl style={{ display: "flex", flexWrap: "wrap", gap: "12px 36px", margin: 0 }}>{children}</dl>;
}
