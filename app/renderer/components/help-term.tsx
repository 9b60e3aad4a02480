import { Tooltip, UnstyledButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import styles from "./help-term.module.css";

interface HelpTermProps {
  readonly help: string;
  /** A metric (`ndcg@10`): its formula, reference and trap are a click away. */
  readonly metric?: string | undefined;
  readonly children: ReactNode;
}

/** A word that explains itself when pointed at or focused. */
export function HelpTerm({ help, metric, children }: HelpTermProps) {
  if (metric === undefined) {
    return (
      <Tooltip label={help}>
        <UnstyledButton className={styles["term"]}>{children}</UnstyledButton>
      </Tooltip>
    );
  }
  return (
    <Tooltip label={`${help} Click for its formula and traps.`}>
      <Link to="/help" search={{ metric }} className={styles["term"] ?? ""}>
        {children}
      </Link>
    </Tooltip>
  );
}
