/** A letter that stands low beside a Greek one, as formulas are typed: the b of "λ_b". */
const low = /(?<=\p{Script=Greek})_(\w)\b/gu;

/** "Regularization λ_b" by turns: what stands on the line, and what stands low. */
export function notationParts(text: string): readonly string[] {
  return text.split(low);
}

/** As it is said, and written where nothing can stand low: "Regularization λ b". */
export function plainNotation(text: string): string {
  return notationParts(text)
    .map((part, index) => (index % 2 === 1 ? ` ${part}` : part))
    .join("");
}
