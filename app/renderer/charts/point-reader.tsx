interface PointReaderProps {
  readonly label: string;
  /** What is read now; "none" where nothing is. */
  readonly text: string;
  readonly count: number;
  readonly at: number | null;
  readonly onRead: (at: number | null) => void;
  readonly onOpen?: () => void;
}

/** A drawing's points one by one for the keyboard and for screen readers: a slider that is not seen. */
export function PointReader({ label, text, count, at, onRead, onOpen }: PointReaderProps) {
  return (
    <input
      type="range"
      className="rb-visually-hidden"
      aria-label={label}
      aria-valuetext={text}
      min={0}
      max={Math.max(0, count - 1)}
      value={at ?? 0}
      onChange={({ currentTarget }) => onRead(Number(currentTarget.value))}
      onFocus={() => onRead(at ?? 0)}
      onBlur={() => onRead(null)}
      onKeyDown={({ key }) => {
        if (key === "Enter") onOpen?.();
        if (key === "Escape") onRead(null);
      }}
    />
  );
}
