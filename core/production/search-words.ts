/** The words of a text without case and accents: "Amélie (2001)" → amelie, 2001. The same in every database's locale. */
export function searchWords(text: string): string[] {
  const plain = text
    .normalize("NFKD")
    .replaceAll(/\p{M}+/gu, "")
    .toLowerCase()
    .normalize("NFC");
  // A tsvector's lexeme has at most 2046 bytes.
  return [...new Set(plain.match(/[\p{L}\p{N}]+/gu) ?? [])].map((word) => word.slice(0, 500));
}
