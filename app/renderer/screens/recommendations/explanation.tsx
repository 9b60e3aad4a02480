import { Stack, Text } from "@mantine/core";
import type { Recommendation } from "../../../../core/contract/entities.ts";
import { formatDecimal, formatSigned } from "../../components/format/numbers.ts";
import { filmTitle } from "./film.tsx";
import styles from "./recommendations.module.css";

interface ExplanationProps {
  readonly score: number;
  readonly explanation: NonNullable<Recommendation["explanation"]>;
}

const mostShown = 8;

/** What each rating of the person adds to the score. With the baseline the parts add up to it exactly. */
export function Explanation({ score, explanation }: ExplanationProps) {
  const { baseline, contributions } = explanation;
  const shown = contributions.slice(0, mostShown);
  const rest = contributions.slice(mostShown).reduce((sum, { contribution }) => sum + contribution, 0);
  // The rest is a sum of many: drawn to the same scale it would flatten all the others.
  const largest = Math.max(1e-9, ...shown.map(({ contribution }) => Math.abs(contribution)));
  if (contributions.length === 0) {
    return (
      <Text size="xs" c="dimmed" pl={30} py={4}>
        Nothing personal: everybody gets this score ({formatDecimal(score, 3)}).
      </Text>
    );
  }
  return (
    <Stack gap={3} pl={30} py={6} aria-label="What the score is made of" role="group">
      <Text size="xs" c="dimmed">
        Starts at {formatDecimal(baseline, 3)}, which holds for everyone; then because this person rated
      </Text>
      {shown.map(({ itemId, title, contribution }) => (
        <Contribution key={itemId} name={filmTitle({ itemId, title })} value={contribution} largest={largest} />
      ))}
      {contributions.length > mostShown && (
        <Contribution name={`${String(contributions.length - mostShown)} other films`} value={rest} largest={null} />
      )}
      <Text size="xs" fw={600}>
        makes {formatDecimal(score, 3)}
      </Text>
    </Stack>
  );
}

function Contribution({
  name,
  value,
  largest,
}: {
  readonly name: string;
  readonly value: number;
  readonly largest: number | null;
}) {
  const width = largest === null ? 0 : (Math.abs(value) / largest) * 50;
  return (
    <div className={styles["bar"]}>
      <Text size="xs" truncate title={name}>
        {name}
      </Text>
      <div className={largest === null ? undefined : styles["track"]} aria-hidden>
        <div
          className={styles["fill"]}
          style={{
            background: value >= 0 ? "var(--rb-series-0)" : "var(--rb-series-1)",
            width: `${String(width)}%`,
            left: value >= 0 ? "50%" : `${String(50 - width)}%`,
          }}
        />
      </div>
      <Text size="xs" ta="right">
        {formatSigned(value, 3)}
      </Text>
    </div>
  );
}
