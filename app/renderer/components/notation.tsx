import { notationParts } from "./format/notation.ts";
import styles from "./notation.module.css";

/** A name as formulas are typed, "Regularization λ_b", as they are printed. Its text is `plainNotation`'s: read and copied with a space. */
export function Notation({ children }: { readonly children: string }) {
  return notationParts(children).map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <sub key={index} className={styles["low"]}>
        {" "}
        {part}
      </sub>
    ),
  );
}

/** The same inside a drawing's text. */
export function DrawnNotation({ children }: { readonly children: string }) {
  return notationParts(children).map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <tspan key={index} baselineShift="sub" fontSize="75%">
        {part}
      </tspan>
    ),
  );
}
