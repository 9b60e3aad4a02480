import { Tooltip, UnstyledButton } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./help-term.module.css";

/** A word that explains itself when pointed at or focused. */
export function HelpTerm({ help, children }: { readonly help: string; readonly children: ReactNode }) {
  return (
    <Tooltip label={help}>
      <UnstyledButton className={styles["term"]}>{children}</UnstyledButton>
    </Tooltip>
  );
}
