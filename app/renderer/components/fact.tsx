import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { HelpTerm } from "./help-term.tsx";

/** A figure and what it is. */
export function Fact({
  label,
  children,
  help,
}: {
  readonly label: string;
  readonly children: ReactNode;
  readonly help?: string;
}) {
  return (
    <div>
      <Text size="xs" c="dimmed" component="dt">
        {help === undefined ? label : <HelpTerm help={help}>{label}</HelpTerm>}
      </Text>
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
