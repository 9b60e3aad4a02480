import { IconChevronLeft } from "@tabler/icons-react";
import { TextLink } from "../../components/link-button.tsx";

/** The way back to the data screen. */
export function Crumbs() {
  return (
    <TextLink to="/data" style={{ display: "inline-flex", alignItems: "center", gap: 2, marginBottom: 6 }}>
      <IconChevronLeft size={14} aria-hidden />
      Data
    </TextLink>
  );
}
