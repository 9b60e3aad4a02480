/** What of a keyboard event matters here. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

/** Milliseconds within which the second key of a sequence must follow. */
const sequenceWindow = 1200;

export interface KeySequence {
  /** The shortcut this press completes, or null. */
  press(event: KeyPress, now: number): string | null;
}

/** Follows chords (`mod+k`) and two-key sequences (`g d`) over the given shortcuts. */
export function createKeySequence(shortcuts: () => Iterable<string>): KeySequence {
  let first: { readonly key: string; readonly at: number } | null = null;
  return {
    press(event, now) {
      const chord = chordOf(event);
      if (chord === null) return null;
      const known = [...shortcuts()];
      if (first !== null && now - first.at <= sequenceWindow) {
        const sequence = `${first.key} ${chord}`;
        first = null;
        if (known.includes(sequence)) return sequence;
      }
      if (known.includes(chord)) {
        first = null;
        return chord;
      }
      first = known.some((shortcut) => shortcut.startsWith(`${chord} `)) ? { key: chord, at: now } : null;
      return null;
    },
  };
}

const modifiers = new Set(["Control", "Meta", "Shift", "Alt", "AltGraph"]);

/** How a press is written (`mod+shift+l`, `?`); null for a modifier alone, and for what the system keeps (Alt). */
export function chordOf(event: KeyPress): string | null {
  if (event.altKey || modifiers.has(event.key)) return null;
  // A space parts the keys of a sequence, so the key is written out.
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  const mod = event.ctrlKey || event.metaKey;
  // A printable key already says its shift ("?"); letters and named keys do not.
  const shift = event.shiftKey && (mod || event.key.length > 1);
  return `${mod ? "mod+" : ""}${shift ? "shift+" : ""}${key}`;
}
