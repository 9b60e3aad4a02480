import { ActionIcon, Card, Group, Text, Title, Tooltip } from "@mantine/core";
import { IconHelpCircle, IconMovie } from "@tabler/icons-react";
import { memo, useState } from "react";
import type { Recommendation } from "../../../../core/contract/entities.ts";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import type { RunRow } from "../../../../core/contract/run-table.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatDecimal } from "../../components/format/numbers.ts";
import { CopyMenu } from "../../components/table/copy-menu.tsx";
import { useAlgorithmNames } from "../../transport/use-algorithm-names.ts";
import { Explanation } from "./explanation.tsx";
import { FilmName, filmTitle } from "./film.tsx";
import styles from "./recommendations.module.css";
import { SimilarFilms } from "./similar-films.tsx";

type List = MethodOutput<"recommend.list">;

interface RecommendationsAnswer {
  readonly data: List | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

/** One model's list. */
export function ModelList({ run, answer }: { readonly run: RunRow; readonly answer: RecommendationsAnswer }) {
  const { algorithm } = useAlgorithmNames();
  const [similarTo, setSimilarTo] = useState<Recommendation | null>(null);
  return (
    <Card padding={0} component="section" aria-label={`Recommendations of ${run.name}`}>
      <Group justify="space-between" px={12} py={8} wrap="nowrap">
        <div style={{ minWidth: 0 }}>
          <Title
            order={2}
            size="h3"
            textWrap="nowrap"
            style={{ overflow: "hidden", textOverflow: "ellipsis" }}
            title={run.name}
          >
            {run.name}
          </Title>
          <Text size="xs" c="dimmed">
            {algorithm(run.algorithm)}
          </Text>
        </div>
        <CopyMenu label="Copy" table={() => listTable(answer.data?.films ?? [])} />
      </Group>
      <Answer
        of={answer}
        height={320}
        errorTitle="No recommendations from this model"
        waitingFor="The model is being read, and the ratings it answers with: of many millions that takes seconds, once."
      >
        {({ films, cost }) => (
          <>
            {cost !== null && <CostLine cost={cost} n={films.length} />}
            <ol className={styles["list"]}>
              {films.map((film) => (
                <RecommendedFilm key={film.itemId} film={film} onSimilar={setSimilarTo} />
              ))}
            </ol>
            {films.length === 0 && (
              <Text size="sm" c="dimmed" p={12}>
                Nothing is left to recommend. Loosen the filters, or take films in that were rated already.
              </Text>
            )}
          </>
        )}
      </Answer>
      <SimilarFilms run={run} film={similarTo} onClose={() => setSimilarTo(null)} />
    </Card>
  );
}

/** What the dials won, and what they gave up. */
function CostLine({ cost, n }: { readonly cost: NonNullable<List["cost"]>; readonly n: number }) {
  const { scoreKept, diversity, novelty, kept } = cost;
  return (
    <Text size="xs" c="dimmed" px={12} pb={8}>
      {kept} of {n} films kept, {Math.round(scoreKept * 100)} % of the score. Diversity{" "}
      {formatDecimal(diversity.before, 2)} → {formatDecimal(diversity.after, 2)}, novelty{" "}
      {formatDecimal(novelty.before, 1)} → {formatDecimal(novelty.after, 1)} bits.
    </Text>
  );
}

function listTable(films: readonly Recommendation[]) {
  return {
    columns: ["rank", "item_id", "title", "year", "genres", "score"],
    rows: films.map(({ rank, itemId, title, year, genres, score }) => [
      rank,
      itemId,
      title,
      year,
      genres.join("|"),
      score,
    ]),
  };
}

interface RecommendedFilmProps {
  readonly film: Recommendation;
  readonly onSimilar: (film: Recommendation) => void;
}

const RecommendedFilm = memo(function RecommendedFilm({ film, onSimilar }: RecommendedFilmProps) {
  const [open, setOpen] = useState(false);
  return (
    <li className={styles["recommendation"]}>
      <div className={styles["line"]}>
        <Text size="sm" c="dimmed" ta="right">
          {film.rank}
        </Text>
        <FilmName film={film} />
        <Group gap={0} wrap="nowrap">
          {film.explanation !== null && (
            <Tooltip label="Why this?">
              <ActionIcon
                size={24}
                aria-expanded={open}
                aria-label={`Why this? ${filmTitle(film)}`}
                onClick={() => setOpen(!open)}
              >
                <IconHelpCircle size={15} />
              </ActionIcon>
            </Tooltip>
          )}
          <Tooltip label="Similar films">
            <ActionIcon size={24} aria-label={`Similar to ${filmTitle(film)}`} onClick={() => onSimilar(film)}>
              <IconMovie size={15} />
            </ActionIcon>
          </Tooltip>
        </Group>
        <Text size="sm" fw={500} ta="right" title="Score of the model">
          {formatDecimal(film.score, 3)}
        </Text>
      </div>
      {open && film.explanation !== null && <Explanation score={film.score} explanation={film.explanation} />}
    </li>
  );
});
